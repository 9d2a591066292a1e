/*
 * runonce.c - one-time initialization: RTL_RUN_ONCE.
 *
 * Its low two bits are the state, the rest is what the initialization has made.  Where one at a time tries,
 * others wait (park.h) until he has done it or given up; where all try at once, the first that is done
 * counts.
 */
#include "ex/park.h"
#include "ke/ddi.h"
#include "ke/observer.h"
#include "ke/step.h"

enum { NEW, ONE_TRIES, DONE, MANY_TRY };
#define STATE ((ULONG_PTR)3)
#define SYNCHRONOUS 0u

static ULONG_PTR state_of(const RTL_RUN_ONCE *once)
{
    return (ULONG_PTR)once->Ptr & STATE;
}

static void become(PRTL_RUN_ONCE once, ULONG_PTR state, PVOID data)
{
    once->Ptr = (PVOID)((ULONG_PTR)data | state);
}

/* Makes a structure for an initialization that has not begun.  <= APC_LEVEL.  nf-ntddk-rtlrunonceinitialize.
 */
VOID NTAPI RtlRunOnceInitialize(PRTL_RUN_ONCE RunOnce)
{
    ddi_enter(RtlRunOnceInitialize);
    ke_uses_pageable(RunOnce);
    RunOnce->Ptr = NULL;
}

/* Under the guard.  True: somebody else tries, and who is to wait for him is parked. */
static bool begin(PRTL_RUN_ONCE once, ULONG flags, NTSTATUS *status, struct ex_parked *parked)
{
    ULONG_PTR state = state_of(once);
    bool many = (flags & RTL_RUN_ONCE_ASYNC) != 0;
    if (state == DONE) {
        *status = STATUS_SUCCESS;
    } else if ((flags & RTL_RUN_ONCE_CHECK_ONLY) != 0) {
        *status = STATUS_UNSUCCESSFUL;
    } else if (state == NEW) {
        become(once, many ? MANY_TRY : ONE_TRIES, NULL);
        *status = STATUS_PENDING;
    } else if (many != (state == MANY_TRY)) {
        *status = STATUS_INVALID_PARAMETER;
    } else if (many) {
        *status = STATUS_PENDING;
    } else {
        ex_park(parked, once, false);
        return true;
    }
    return false;
}

/*
 * Begins the initialization: STATUS_PENDING, the caller is to do it and to say so to RtlRunOnceComplete;
 * STATUS_SUCCESS, it is done, and *Context is what it made.  Meanwhile others wait, or, all of them with
 * RTL_RUN_ONCE_ASYNC, try too.  RTL_RUN_ONCE_CHECK_ONLY: STATUS_UNSUCCESSFUL when it is not done.  <=
 * APC_LEVEL. nf-ntddk-rtlrunoncebegininitialize.
 */
NTSTATUS NTAPI RtlRunOnceBeginInitialize(PRTL_RUN_ONCE RunOnce, ULONG Flags, PVOID *Context)
{
    ddi_enter(RtlRunOnceBeginInitialize);
    if ((Flags & ~(RTL_RUN_ONCE_ASYNC | RTL_RUN_ONCE_CHECK_ONLY)) != 0 ||
        Flags == (RTL_RUN_ONCE_ASYNC | RTL_RUN_ONCE_CHECK_ONLY)) {
        return STATUS_INVALID_PARAMETER;
    }
    for (;;) {
        struct ex_parked parked;
        NTSTATUS status = STATUS_SUCCESS;
        ke_about_to_change(RunOnce);
        ke_uses_pageable(RunOnce);
        KIRQL old = ke_guard_enter_quietly(&ex_park_guard);
        bool waits = begin(RunOnce, Flags, &status, &parked);
        PVOID data = (PVOID)((ULONG_PTR)RunOnce->Ptr & ~STATE);
        ke_guard_leave(&ex_park_guard, old);
        if (!waits) {
            if (status == STATUS_SUCCESS) {
                ke_acquires(RunOnce);
                if (Context != NULL) {
                    *Context = data;
                }
            }
            return status;
        }
        ex_park_wait(&parked);
    }
}

/*
 * Ends what RtlRunOnceBeginInitialize began, with the same RTL_RUN_ONCE_ASYNC: done, with Context, whose low
 * two bits are zero, or RTL_RUN_ONCE_INIT_FAILED, and another may begin.  STATUS_UNSUCCESSFUL when it was not
 * under way (any more).  <= APC_LEVEL.  nf-ntddk-rtlrunoncecomplete.
 */
NTSTATUS NTAPI RtlRunOnceComplete(PRTL_RUN_ONCE RunOnce, ULONG Flags, PVOID Context)
{
    ddi_enter(RtlRunOnceComplete);
    bool failed = (Flags & RTL_RUN_ONCE_INIT_FAILED) != 0;
    if ((Flags & ~(RTL_RUN_ONCE_ASYNC | RTL_RUN_ONCE_INIT_FAILED)) != 0 ||
        Flags == (RTL_RUN_ONCE_ASYNC | RTL_RUN_ONCE_INIT_FAILED) || ((ULONG_PTR)Context & STATE) != 0 ||
        (failed && Context != NULL)) {
        return STATUS_INVALID_PARAMETER;
    }
    struct ex_granted granted = {NULL};
    struct ex_parked *parked;
    ke_about_to_change(RunOnce);
    ke_uses_pageable(RunOnce);
    ke_releases(RunOnce);
    KIRQL old = ke_guard_enter_quietly(&ex_park_guard);
    bool under_way =
        state_of(RunOnce) == ((Flags & RTL_RUN_ONCE_ASYNC) != 0 ? (ULONG_PTR)MANY_TRY : (ULONG_PTR)ONE_TRIES);
    if (under_way) {
        become(RunOnce, failed ? NEW : DONE, Context);
        while ((parked = ex_park_take(RunOnce, false)) != NULL) {
            ex_granted_add(&granted, parked);
        }
    }
    ke_guard_leave(&ex_park_guard, old);
    ex_granted_wake(&granted);
    return under_way ? STATUS_SUCCESS : STATUS_UNSUCCESSFUL;
}

/*
 * Calls InitFn unless it has succeeded before, here or elsewhere; *Context is what it made.
 * STATUS_UNSUCCESSFUL when it returns 0: the next caller tries again.  <= APC_LEVEL.
 * nf-ntddk-rtlrunonceexecuteonce.
 */
NTSTATUS NTAPI RtlRunOnceExecuteOnce(PRTL_RUN_ONCE RunOnce, PRTL_RUN_ONCE_INIT_FN InitFn, PVOID Parameter,
                                     PVOID *Context)
{
    ddi_enter(RtlRunOnceExecuteOnce);
    PVOID made = NULL;
    KeEnterCriticalRegion();
    NTSTATUS status = RtlRunOnceBeginInitialize(RunOnce, SYNCHRONOUS, &made);
    if (status == STATUS_PENDING) {
        if (InitFn(RunOnce, Parameter, &made) != 0) {
            status = RtlRunOnceComplete(RunOnce, SYNCHRONOUS, made);
        } else {
            RtlRunOnceComplete(RunOnce, RTL_RUN_ONCE_INIT_FAILED, NULL);
            status = STATUS_UNSUCCESSFUL;
        }
    }
    KeLeaveCriticalRegion();
    if (NT_SUCCESS(status) && Context != NULL) {
        *Context = made;
    }
    return status;
}
