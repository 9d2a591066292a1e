/*
 * Two threads count under a spin lock.
 * Verdict: complete.
 */
#include "../../zoo/zoo.h"

static LONG Count;
static KSPIN_LOCK Lock;

static VOID Increment(VOID)
{
    KIRQL irql;
    KeAcquireSpinLock(&Lock, &irql);
    Count++;
    KeReleaseSpinLock(&Lock, irql);
}

static BOOLEAN ZooStart(VOID)
{
    KeInitializeSpinLock(&Lock);
    ZooThread(0, Increment);
    ZooThread(1, Increment);
    return TRUE;
}

static VOID ZooStop(VOID)
{
    NT_ASSERT(Count == 2);
}
