/*
 * IRQL is lowered inside the critical section.
 * Contexts: entry thread.
 */
#include "../contexts.h"

static KSPIN_LOCK Lock;

static VOID body(VOID)
{
    KIRQL irql, raised;
    KeAcquireSpinLock(&Lock, &irql);
    KeLowerIrql(irql);
    KeRaiseIrql(DISPATCH_LEVEL, &raised);
    KeReleaseSpinLock(&Lock, raised);
}
