/*
 * KeReleaseSpinLock is told the level at which the AtDpcLevel acquisition was made: IRQL stays what it is.
 * Contexts: dpc.
 */
#include "../contexts.h"

static KSPIN_LOCK Lock;

static VOID body(VOID)
{
    KeInitializeSpinLock(&Lock);
    if (KeTryToAcquireSpinLockAtDpcLevel(&Lock)) {
        KeReleaseSpinLock(&Lock, DISPATCH_LEVEL);
    }
    KeAcquireSpinLockAtDpcLevel(&Lock);
    KeReleaseSpinLock(&Lock, DISPATCH_LEVEL);
}
