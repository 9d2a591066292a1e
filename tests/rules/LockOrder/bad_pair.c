/*
 * Three locks of one class, two of which are taken in both orders.
 * Contexts: dpc.
 */
#include "../contexts.h"

static KSPIN_LOCK Locks[3];

static VOID TakeBoth(ULONG First, ULONG Second)
{
    KeAcquireSpinLockAtDpcLevel(&Locks[First]);
    KeAcquireSpinLockAtDpcLevel(&Locks[Second]);
    KeReleaseSpinLockFromDpcLevel(&Locks[Second]);
    KeReleaseSpinLockFromDpcLevel(&Locks[First]);
}

static VOID body(VOID)
{
    for (ULONG i = 0; i < 3; i++) {
        KeInitializeSpinLock(&Locks[i]);
    }
    TakeBoth(0, 1);
    TakeBoth(1, 2);
    TakeBoth(2, 1);
}
