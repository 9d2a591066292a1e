/*
 * KeInitializeSpinLock again on a lock that is free: there is no KeFreeSpinLock.
 * Contexts: entry thread dpc.
 */
#include "../contexts.h"

static KSPIN_LOCK Lock;

static VOID body(VOID)
{
    KIRQL irql;
    ULONG i;
    for (i = 0; i < 3; i++) {
        KeInitializeSpinLock(&Lock);
        KeAcquireSpinLock(&Lock, &irql);
        KeReleaseSpinLock(&Lock, irql);
    }
}
