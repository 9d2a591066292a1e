/*
 * free.c - what the free build exports for drivers into which its quick sides are inlined (undis/free/).
 *
 * The names say the layout: a driver of another one finds none of them, and is refused by the loader.
 */
#include "ke/processor.h"

#include <undis/free/irql.h>

#if !UNDIS_CHECKED

#if defined(__x86_64__) && !defined(UNDIS_REGION_TLS)
extern const char undis_free(layout);
const char undis_free(layout) = UNDIS_FREE_LAYOUT;
#endif

void undis_free(deliver)(void)
{
    ke_deliver();
}

#endif
