/*
 * Acquired at a device IRQL, which its page allows, and then at DISPATCH_LEVEL, with a function that raises
 * IRQL. Contexts: entry thread.
 */
#include "../contexts.h"

static KSPIN_LOCK Lock;

static VOID body(VOID)
{
    KIRQL irql;
    KeInitializeSpinLock(&Lock);
    KeRaiseIrql(7, &irql);
    KeAcquireSpinLockAtDpcLevel(&Lock);
    KeReleaseSpinLockFromDpcLevel(&Lock);
    KeLowerIrql(irql);
    KeAcquireSpinLock(&Lock, &irql);
    KeReleaseSpinLock(&Lock, irql);
}
