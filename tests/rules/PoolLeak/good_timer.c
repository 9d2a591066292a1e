/*
 * The periodic timer is cancelled, and its DPC is over.
 * Contexts: entry thread.
 */
#include "../contexts.h"

static KTIMER Timer;
static KDPC TimerDpc;
static volatile LONG Ticks;

static VOID Tick(PKDPC Object, PVOID Context, PVOID Argument1, PVOID Argument2)
{
    UNREFERENCED_PARAMETER(Object);
    UNREFERENCED_PARAMETER(Context);
    UNREFERENCED_PARAMETER(Argument1);
    UNREFERENCED_PARAMETER(Argument2);
    InterlockedIncrement(&Ticks);
}

static VOID body(VOID)
{
    LARGE_INTEGER due;
    due.QuadPart = -10000;
    KeInitializeTimer(&Timer);
    KeInitializeDpc(&TimerDpc, Tick, NULL);
    KeSetTimerEx(&Timer, due, 10, &TimerDpc);
    KeCancelTimer(&Timer);
    KeFlushQueuedDpcs();
}
