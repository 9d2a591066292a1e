/*
 * debug.h - what drivers print.
 */
#ifndef UNDIS_RTL_DEBUG_H
#define UNDIS_RTL_DEBUG_H

#include <stdbool.h>

/* Drops what drivers print from now on: a million executions would drown everything else. */
void rtl_debug_mute(bool mute);

/* How many messages drivers have printed on that processor so far. */
unsigned rtl_debug_prints(unsigned processor);

#endif
