/*
 * xdp, 2024-10: a lock that waits, so that attaching is done once at a time, and a spin lock for the binding
 * itself, the only one that detaching takes.
 *
 * https://github.com/microsoft/xdp-for-windows/commit/77068a668e3d63bcfce10bfc7117622b1111112e
 * Verdict: clean.
 */
#include "story.h"

static EX_PUSH_LOCK PushLock;
static KSPIN_LOCK SpinLock;

static BOOLEAN MakeLocks(VOID)
{
    ExInitializePushLock(&PushLock);
    KeInitializeSpinLock(&SpinLock);
    return TRUE;
}

static VOID DeleteLocks(VOID)
{
}

static VOID SetBinding(ULONG Value)
{
    KIRQL irql;
    KeAcquireSpinLock(&SpinLock, &irql);
    Binding = Value;
    KeReleaseSpinLock(&SpinLock, irql);
}

static VOID Attach(VOID)
{
    KeEnterCriticalRegion();
    ExAcquirePushLockExclusive(&PushLock);
    SetBinding(1);
    ExReleasePushLockExclusive(&PushLock);
    KeLeaveCriticalRegion();
}

static VOID Detach(VOID)
{
    SetBinding(0);
}
