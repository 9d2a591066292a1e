/*
 * Blocks that hold a timer, a DPC and a work item: freed by the timer's own DPC, after a cancellation that
 * found the timer set, by the DPC that lies in it, and by the work item itself. Contexts: entry thread.
 */
#include "../contexts.h"

struct Session {
    KTIMER Timer;
    KDPC Dpc;
    WORK_QUEUE_ITEM Item;
};

static VOID FreeInDpc(PKDPC Dpc, PVOID Context, PVOID Argument1, PVOID Argument2)
{
    UNREFERENCED_PARAMETER(Dpc);
    UNREFERENCED_PARAMETER(Argument1);
    UNREFERENCED_PARAMETER(Argument2);
    ExFreePoolWithTag(Context, 'sses');
}

static VOID FreeInWork(PVOID Context)
{
    ExFreePoolWithTag(Context, 'sses');
}

static struct Session *MakeSession(VOID)
{
    struct Session *session = ExAllocatePoolZero(NonPagedPoolNx, sizeof(*session), 'sses');
    if (session != NULL) {
        KeInitializeTimer(&session->Timer);
        KeInitializeDpc(&session->Dpc, FreeInDpc, session);
        ExInitializeWorkItem(&session->Item, FreeInWork, session);
    }
    return session;
}

static VOID body(VOID)
{
    LARGE_INTEGER soon = {.QuadPart = -10000}, late = {.QuadPart = -1000 * 1000 * 10000LL};
    struct Session *expires = MakeSession(), *cancelled = MakeSession(), *queued = MakeSession(),
                   *worked = MakeSession();
    if (expires != NULL) {
        KeSetTimer(&expires->Timer, soon, &expires->Dpc);
    }
    if (cancelled != NULL) {
        KeSetTimerEx(&cancelled->Timer, late, 1000, &cancelled->Dpc);
        if (KeCancelTimer(&cancelled->Timer)) {
            ExFreePoolWithTag(cancelled, 'sses');
        }
    }
    if (queued != NULL) {
        KeInsertQueueDpc(&queued->Dpc, NULL, NULL);
    }
    if (worked != NULL) {
        ExQueueWorkItem(&worked->Item, DelayedWorkQueue);
    }
}
