/*
 * xdp, before 2024-10: the binding is protected with an ERESOURCE, which waits.
 *
 * https://github.com/microsoft/xdp-for-windows/commit/77068a668e3d63bcfce10bfc7117622b1111112e
 * Verdict: IrqlTooHigh.
 */
#include "story.h"

static ERESOURCE Resource;

static BOOLEAN MakeLocks(VOID)
{
    return NT_SUCCESS(ExInitializeResourceLite(&Resource));
}

static VOID DeleteLocks(VOID)
{
    ExDeleteResourceLite(&Resource);
}

static VOID SetBinding(ULONG Value)
{
    ExEnterCriticalRegionAndAcquireResourceExclusive(&Resource);
    Binding = Value;
    ExReleaseResourceAndLeaveCriticalRegion(&Resource);
}

static VOID Attach(VOID)
{
    SetBinding(1);
}

static VOID Detach(VOID)
{
    SetBinding(0);
}
