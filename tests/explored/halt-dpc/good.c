/*
 * Halt cancels the timer and then waits until every queued DPC has run.
 * Verdict: complete.
 */
#include "../../zoo/zoo.h"

struct Adapter {
    LONG Ticks;
};

static struct Adapter *Adapter;
static BOOLEAN Halted;
static KTIMER Timer;
static KDPC Dpc;

static VOID Tick(PKDPC Object, PVOID Context, PVOID Argument1, PVOID Argument2)
{
    UNREFERENCED_PARAMETER(Object);
    UNREFERENCED_PARAMETER(Argument1);
    UNREFERENCED_PARAMETER(Argument2);
    ((struct Adapter *)Context)->Ticks++;
}

static VOID Halt(VOID)
{
    KeCancelTimer(&Timer);
    KeFlushQueuedDpcs();
    ZooFree(Adapter);
    Halted = TRUE;
}

static BOOLEAN ZooStart(VOID)
{
    LARGE_INTEGER due;
    due.QuadPart = -10000;
    Adapter = ZooAllocate(sizeof(*Adapter));
    if (Adapter == NULL) {
        return FALSE;
    }
    KeInitializeTimer(&Timer);
    KeInitializeDpc(&Dpc, Tick, Adapter);
    KeSetTargetProcessorDpc(&Dpc, 1);
    KeSetTimer(&Timer, due, &Dpc);
    ZooThread(0, Halt);
    return TRUE;
}

static VOID ZooStop(VOID)
{
    if (!Halted) {
        KeCancelTimer(&Timer);
        KeFlushQueuedDpcs();
        ZooFree(Adapter);
    }
}
