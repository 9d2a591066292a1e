/*
 * An execution context belongs to one processor at a time: there its DPC polls, and there a thread at
 * DISPATCH_LEVEL may poll in line, since it excludes the DPC.  Elsewhere a thread must not.
 */
#include "../zoo.h"

#define IDEAL_PROCESSOR 1

struct Context {
    volatile ULONG OwningProcessor;
    volatile LONG InPoll;
};

static struct Context *Context;
static KDPC Dpc;

static struct Context *MakeContext(VOID);

static VOID PollOnce(struct Context *Ec)
{
    NT_ASSERT(InterlockedExchange(&Ec->InPoll, TRUE) == FALSE);
    Ec->InPoll = FALSE;
}

static VOID DpcRoutine(PKDPC Object, PVOID DeferredContext, PVOID Argument1, PVOID Argument2)
{
    struct Context *ec = DeferredContext;
    UNREFERENCED_PARAMETER(Object);
    UNREFERENCED_PARAMETER(Argument1);
    UNREFERENCED_PARAMETER(Argument2);
    ec->OwningProcessor = KeGetCurrentProcessorNumber();
    PollOnce(ec);
}

static VOID PollInline(VOID)
{
    KIRQL irql;
    KeRaiseIrql(DISPATCH_LEVEL, &irql);
    if (Context->OwningProcessor == KeGetCurrentProcessorNumber()) {
        PollOnce(Context);
    }
    KeLowerIrql(irql);
}

static BOOLEAN ZooStart(VOID)
{
    Context = MakeContext();
    if (Context == NULL) {
        return FALSE;
    }
    KeInitializeDpc(&Dpc, DpcRoutine, Context);
    KeSetTargetProcessorDpc(&Dpc, IDEAL_PROCESSOR);
    KeInsertQueueDpc(&Dpc, NULL, NULL);
    ZooThread(0, PollInline);
    return TRUE;
}

static VOID ZooStop(VOID)
{
    ZooFree(Context);
}
