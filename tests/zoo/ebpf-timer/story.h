/*
 * A reaper of freed items: a timer whose DPC releases some and, while items are left, sets the timer again.
 */
#include "../zoo.h"

struct Reaper {
    LONG Items;
    BOOLEAN ShutDown;
    KSPIN_LOCK Lock; /* of the two above */
};

static struct Reaper *Reaper;
static BOOLEAN Gone;
static KTIMER Timer;
static KDPC Dpc;

static VOID Terminate(VOID);

static VOID SetTimer(VOID)
{
    LARGE_INTEGER due;
    due.QuadPart = -10000;
    KeSetTimer(&Timer, due, &Dpc);
}

static VOID Reap(PKDPC Object, PVOID Context, PVOID Argument1, PVOID Argument2)
{
    struct Reaper *reaper = Context;
    UNREFERENCED_PARAMETER(Object);
    UNREFERENCED_PARAMETER(Argument1);
    UNREFERENCED_PARAMETER(Argument2);
    KeAcquireSpinLockAtDpcLevel(&reaper->Lock);
    reaper->Items--;
    if (reaper->Items > 0 && !reaper->ShutDown) {
        SetTimer();
    }
    KeReleaseSpinLockFromDpcLevel(&reaper->Lock);
}

static inline VOID ForbidTimer(VOID)
{
    KIRQL irql;
    KeAcquireSpinLock(&Reaper->Lock, &irql);
    Reaper->ShutDown = TRUE;
    KeReleaseSpinLock(&Reaper->Lock, irql);
}

static VOID FreeReaper(VOID)
{
    ZooFree(Reaper);
    Gone = TRUE;
}

static BOOLEAN ZooStart(VOID)
{
    Reaper = ZooAllocate(sizeof(*Reaper));
    if (Reaper == NULL) {
        return FALSE;
    }
    Reaper->Items = 2;
    KeInitializeSpinLock(&Reaper->Lock);
    KeInitializeTimer(&Timer);
    KeInitializeDpc(&Dpc, Reap, Reaper);
    KeSetTargetProcessorDpc(&Dpc, 1);
    SetTimer();
    ZooThread(0, Terminate);
    return TRUE;
}

static VOID ZooStop(VOID)
{
    if (!Gone) {
        KeCancelTimer(&Timer);
        KeFlushQueuedDpcs();
        FreeReaper();
    }
}
