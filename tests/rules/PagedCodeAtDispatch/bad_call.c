/*
 * Code behind #pragma code_seg is called while a spin lock is held: seen where it calls the DDI.
 * Contexts: entry thread dpc.
 */
#include "../contexts.h"

static KSPIN_LOCK Lock;

#pragma code_seg(push, "PAGECONF")
static ULONG Configure(ULONG Value)
{
    KIRQL irql = KeGetCurrentIrql();
    KeAcquireSpinLockAtDpcLevel(&Lock);
    KeReleaseSpinLockFromDpcLevel(&Lock);
    return Value + irql;
}
#pragma code_seg(pop)

static VOID body(VOID)
{
    KIRQL irql;
    KeInitializeSpinLock(&Lock);
    KeRaiseIrql(DISPATCH_LEVEL, &irql);
    NT_VERIFY(Configure(1) == 1 + DISPATCH_LEVEL);
    KeLowerIrql(irql);
}
