/*
 * What runs later: the routine of an EX timer, deleted with a wait, and a threaded DPC, flushed; in both the
 * memory that they use is then freed. Verdict: complete.
 */
#include "../../zoo/zoo.h"

#include <undis/explore.h>

struct Later {
    KSPIN_LOCK Lock;
    ULONG Count;
    KDPC Dpc;
};

static struct Later *Later;
static PEX_TIMER Timer;
static BOOLEAN WithTimer;

static VOID CountOne(struct Later *Memory)
{
    KIRQL old = KeAcquireSpinLockForDpc(&Memory->Lock);
    Memory->Count++;
    KeReleaseSpinLockForDpc(&Memory->Lock, old);
}

static VOID Expired(PEX_TIMER Expiring, PVOID Context)
{
    UNREFERENCED_PARAMETER(Expiring);
    CountOne(Context);
}

static VOID Deferred(PKDPC Dpc, PVOID Context, PVOID Argument1, PVOID Argument2)
{
    UNREFERENCED_PARAMETER(Dpc);
    UNREFERENCED_PARAMETER(Argument1);
    UNREFERENCED_PARAMETER(Argument2);
    CountOne(Context);
}

static BOOLEAN ZooStart(VOID)
{
    Later = ZooAllocate(sizeof(*Later));
    if (Later == NULL) {
        return FALSE;
    }
    KeInitializeSpinLock(&Later->Lock);
    Later->Count = 0;
    WithTimer = undis_choose(2) == 0;
    if (WithTimer) {
        Timer = ExAllocateTimer(Expired, Later, 0);
        ExSetTimer(Timer, -10000, 0, NULL);
    } else {
        KeInitializeThreadedDpc(&Later->Dpc, Deferred, Later);
        KeInsertQueueDpc(&Later->Dpc, NULL, NULL);
    }
    return TRUE;
}

static VOID ZooStop(VOID)
{
    KIRQL old;
    KeAcquireSpinLock(&Later->Lock, &old);
    Later->Count++;
    KeReleaseSpinLock(&Later->Lock, old);
    if (WithTimer) {
        ExDeleteTimer(Timer, TRUE, TRUE, NULL);
    } else {
        KeFlushQueuedDpcs();
        NT_ASSERT(Later->Count == 2);
    }
    ZooFree(Later);
}
