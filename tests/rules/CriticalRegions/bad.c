/*
 * An early return inside of a critical region.
 * Contexts: entry thread.
 */
#include "../contexts.h"

static volatile BOOLEAN Busy = TRUE;

static VOID body(VOID)
{
    KeEnterCriticalRegion();
    if (Busy) {
        return;
    }
    KeLeaveCriticalRegion();
}
