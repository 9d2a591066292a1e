/*
 * KeInitializeSpinLock is called while the lock is held.
 * Contexts: entry thread dpc.
 */
#include "../contexts.h"

static KSPIN_LOCK Lock;

static VOID body(VOID)
{
    KIRQL irql;
    KeInitializeSpinLock(&Lock);
    KeAcquireSpinLock(&Lock, &irql);
    KeInitializeSpinLock(&Lock);
    KeReleaseSpinLock(&Lock, irql);
}
