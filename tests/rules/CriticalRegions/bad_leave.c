/*
 * The error path leaves the critical region, and so does the end.
 * Contexts: entry thread.
 */
#include "../contexts.h"

static volatile BOOLEAN Failed = TRUE;

static VOID body(VOID)
{
    KeEnterCriticalRegion();
    if (Failed) {
        KeLeaveCriticalRegion();
    }
    KeLeaveCriticalRegion();
}
