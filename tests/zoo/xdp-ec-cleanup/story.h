/*
 * An execution context: a DPC that polls until there is nothing to do, then arms itself, so that the next
 * notification queues it again.  Cleanup asks for a last poll and frees the context when that has come by.
 */
#include "../zoo.h"

struct Context {
    volatile LONG Armed;
    PKEVENT volatile CleanupComplete;
    LONG Polls;
};

static struct Context *Context;
static BOOLEAN Gone;
static KDPC Dpc;

static VOID Finish(struct Context *Ec); /* what the poll does when nothing is left to do */

static VOID Notify(struct Context *Ec)
{
    if (InterlockedExchange(&Ec->Armed, FALSE)) {
        KeInsertQueueDpc(&Dpc, NULL, NULL);
    }
}

static VOID Poll(PKDPC Object, PVOID DeferredContext, PVOID Argument1, PVOID Argument2)
{
    struct Context *ec = DeferredContext;
    UNREFERENCED_PARAMETER(Object);
    UNREFERENCED_PARAMETER(Argument1);
    UNREFERENCED_PARAMETER(Argument2);
    ec->Polls++;
    InterlockedExchange(&ec->Armed, TRUE);
    if (ec->CleanupComplete != NULL) {
        Finish(ec);
    }
}

static VOID Cleanup(VOID)
{
    KEVENT event;
    KeInitializeEvent(&event, NotificationEvent, FALSE);
    Context->CleanupComplete = &event;
    Notify(Context);
    KeWaitForSingleObject(&event, Executive, KernelMode, FALSE, NULL);
    ZooFree(Context);
    Gone = TRUE;
}

static BOOLEAN ZooStart(VOID)
{
    Context = ZooAllocate(sizeof(*Context));
    if (Context == NULL) {
        return FALSE;
    }
    Context->Armed = TRUE;
    KeInitializeDpc(&Dpc, Poll, Context);
    KeSetTargetProcessorDpc(&Dpc, 1);
    Notify(Context); /* traffic */
    ZooThread(0, Cleanup);
    return TRUE;
}

static VOID ZooStop(VOID)
{
    if (!Gone) {
        ZooFree(Context);
    }
}
