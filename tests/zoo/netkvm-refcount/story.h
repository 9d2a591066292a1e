/* A count of waiting DPCs that the send path looks at, to decide whether it has to work itself. */
#include "../zoo.h"

static LONG Waiting;
static KDPC Dpc;

static LONG Count(VOID);

static VOID DpcRoutine(PKDPC Object, PVOID Context, PVOID Argument1, PVOID Argument2)
{
    UNREFERENCED_PARAMETER(Object);
    UNREFERENCED_PARAMETER(Context);
    UNREFERENCED_PARAMETER(Argument1);
    UNREFERENCED_PARAMETER(Argument2);
    InterlockedIncrement(&Waiting);
    InterlockedDecrement(&Waiting);
}

static VOID Send(VOID)
{
    NT_ASSERT(Count() <= 1);
}

static BOOLEAN ZooStart(VOID)
{
    KeInitializeDpc(&Dpc, DpcRoutine, NULL);
    KeSetTargetProcessorDpc(&Dpc, 1);
    KeInsertQueueDpc(&Dpc, NULL, NULL);
    ZooThread(0, Send);
    return TRUE;
}

static VOID ZooStop(VOID)
{
}
