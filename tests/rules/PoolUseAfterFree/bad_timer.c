/*
 * A block is freed while the timer in it is set: nobody has cancelled it.
 * Contexts: entry thread dpc.
 */
#include "../contexts.h"

struct Session {
    KTIMER Timer;
    KDPC Dpc;
};

static VOID Expired(PKDPC Dpc, PVOID Context, PVOID Argument1, PVOID Argument2)
{
    UNREFERENCED_PARAMETER(Dpc);
    UNREFERENCED_PARAMETER(Context);
    UNREFERENCED_PARAMETER(Argument1);
    UNREFERENCED_PARAMETER(Argument2);
}

static VOID body(VOID)
{
    LARGE_INTEGER due = {.QuadPart = -10 * 1000 * 10000LL};
    struct Session *session = ExAllocatePoolZero(NonPagedPoolNx, sizeof(*session), 'sses');
    if (session != NULL) {
        KeInitializeTimer(&session->Timer);
        KeInitializeDpc(&session->Dpc, Expired, session);
        KeSetTimer(&session->Timer, due, &session->Dpc);
        ExFreePoolWithTag(session, 'sses');
    }
}
