/*
 * Acquired at DISPATCH_LEVEL and at a device IRQL, as by an ISR and the code that it may interrupt.
 * Contexts: entry thread dpc.
 */
#include "../contexts.h"

static KSPIN_LOCK Lock;

static VOID Use(KIRQL Level)
{
    KIRQL irql;
    KeRaiseIrql(Level, &irql);
    KeAcquireSpinLockAtDpcLevel(&Lock);
    KeReleaseSpinLockFromDpcLevel(&Lock);
    KeLowerIrql(irql);
}

static VOID body(VOID)
{
    KeInitializeSpinLock(&Lock);
    Use(DISPATCH_LEVEL);
    Use(5);
}
