/*
 * A wait for run-down protection at DISPATCH_LEVEL: the call as such is the finding, not the wait in it.
 * Contexts: entry thread.
 */
#include "../contexts.h"

static EX_RUNDOWN_REF Rundown;

static VOID body(VOID)
{
    KIRQL irql;
    ExInitializeRundownProtection(&Rundown);
    KeRaiseIrql(DISPATCH_LEVEL, &irql);
    ExWaitForRundownProtectionRelease(&Rundown);
    KeLowerIrql(irql);
}
