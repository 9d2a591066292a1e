/*
 * A raise around an AtDpcLevel section ends too early.
 * Contexts: entry thread.
 */
#include "../contexts.h"

static KSPIN_LOCK Lock;

static VOID body(VOID)
{
    KIRQL irql;
    KeRaiseIrql(DISPATCH_LEVEL, &irql);
    KeAcquireSpinLockAtDpcLevel(&Lock);
    KeLowerIrql(irql);
    KeReleaseSpinLockFromDpcLevel(&Lock);
}
