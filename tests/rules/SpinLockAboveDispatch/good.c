/*
 * Acquired at DISPATCH_LEVEL; others at a device IRQL only, with the functions whose pages allow it; an
 * attempt at one that is held below, which waits for nobody. Contexts: entry thread dpc.
 */
#include "../contexts.h"

static KSPIN_LOCK Lock, OfIsrs, Queued;
static EX_SPIN_LOCK Shared;

static VOID Below(VOID)
{
    KIRQL irql;
    KeRaiseIrql(DISPATCH_LEVEL, &irql);
    KeAcquireSpinLockAtDpcLevel(&Lock);
    KeReleaseSpinLockFromDpcLevel(&Lock);
    KeLowerIrql(irql);
}

static VOID AtDeviceLevel(VOID)
{
    KIRQL irql;
    KLOCK_QUEUE_HANDLE handle;
    KeRaiseIrql(5, &irql);
    KeAcquireSpinLockAtDpcLevel(&OfIsrs);
    KeReleaseSpinLockFromDpcLevel(&OfIsrs);
    KeAcquireInStackQueuedSpinLockAtDpcLevel(&Queued, &handle);
    KeReleaseInStackQueuedSpinLockFromDpcLevel(&handle);
    ExAcquireSpinLockSharedAtDpcLevel(&Shared);
    ExReleaseSpinLockSharedFromDpcLevel(&Shared);
    if (KeTryToAcquireSpinLockAtDpcLevel(&Lock)) {
        KeReleaseSpinLockFromDpcLevel(&Lock);
    }
    KeLowerIrql(irql);
}

static VOID body(VOID)
{
    for (ULONG i = 0; i < 3; i++) {
        Below();
        AtDeviceLevel();
    }
}
