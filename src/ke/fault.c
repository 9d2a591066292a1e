/*
 * fault.c - who decides whether a call fails.
 */
#include "ke/fault.h"

#if UNDIS_CHECKED
bool (*ke_fault)(const char *function, const void *from);
#endif
