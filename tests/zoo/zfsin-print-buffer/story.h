/* Debug output of threads and of a DPC goes to one buffer. */
#include "../zoo.h"

static KSPIN_LOCK Lock;
static ULONG Lines;
static KDPC Dpc;

static VOID PrintBuffer(VOID); /* takes the lock */

static VOID DpcPrints(PKDPC This, PVOID Context, PVOID Argument1, PVOID Argument2)
{
    UNREFERENCED_PARAMETER(This);
    UNREFERENCED_PARAMETER(Context);
    UNREFERENCED_PARAMETER(Argument1);
    UNREFERENCED_PARAMETER(Argument2);
    PrintBuffer();
}

static VOID ThreadPrints(VOID)
{
    KeInsertQueueDpc(&Dpc, NULL, NULL);
    PrintBuffer();
}

static BOOLEAN ZooStart(VOID)
{
    KeInitializeSpinLock(&Lock);
    KeInitializeDpc(&Dpc, DpcPrints, NULL);
    KeSetTargetProcessorDpc(&Dpc, 0);
    ZooThread(0, ThreadPrints);
    return TRUE;
}

static VOID ZooStop(VOID)
{
    KeFlushQueuedDpcs();
    NT_ASSERT(Lines == 2);
}
