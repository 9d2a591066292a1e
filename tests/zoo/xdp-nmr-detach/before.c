/*
 * xdp, before 2024-10: the binding is protected with a lock that waits, an ERESOURCE there, a fast mutex
 * here.
 *
 * https://github.com/microsoft/xdp-for-windows/commit/77068a668e3d63bcfce10bfc7117622b1111112e
 * Verdict: IrqlTooHigh.
 */
#include "story.h"

static FAST_MUTEX Mutex;

static VOID MakeLocks(VOID)
{
    ExInitializeFastMutex(&Mutex);
}

static VOID Attach(VOID)
{
    ExAcquireFastMutex(&Mutex);
    Binding = 1;
    ExReleaseFastMutex(&Mutex);
}

static VOID Detach(VOID)
{
    ExAcquireFastMutex(&Mutex);
    Binding = 0;
    ExReleaseFastMutex(&Mutex);
}
