/* A receive handler, called in a DPC, runs a filter over each frame of each open handle. */
#include "../zoo.h"

#define FRAMES 8000
#define MICROSECONDS_A_FRAME 50

static KDPC Dpc;
static ULONG Received;

static VOID ReceiveFrames(VOID);

/* Interprets the filters of all handles. */
static VOID Tap(VOID)
{
    NdisStallExecution(MICROSECONDS_A_FRAME);
    Received++;
}

static VOID Receive(PKDPC This, PVOID Context, PVOID Argument1, PVOID Argument2)
{
    UNREFERENCED_PARAMETER(This);
    UNREFERENCED_PARAMETER(Context);
    UNREFERENCED_PARAMETER(Argument1);
    UNREFERENCED_PARAMETER(Argument2);
    ReceiveFrames();
}

static BOOLEAN ZooStart(VOID)
{
    KeInitializeDpc(&Dpc, Receive, NULL);
    KeInsertQueueDpc(&Dpc, NULL, NULL);
    return TRUE;
}

static VOID ZooStop(VOID)
{
    KeFlushQueuedDpcs();
}
