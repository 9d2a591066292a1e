/*
 * semaphore.c - KSEMAPHORE (nf-wdm-keinitializesemaphore and neighbours).
 */
#include "ke/ddi.h"
#include "ke/dispatch.h"
#include "ke/object.h"
#include "ke/run.h"
#include "ke/observer.h"
#include "ke/step.h"

/* KeInitializeSemaphore: any IRQL. */
VOID KeInitializeSemaphore(PRKSEMAPHORE Semaphore, LONG Count, LONG Limit)
{
    ddi_enter(KeInitializeSemaphore);
    ke_uses(Semaphore);
    Semaphore->Header.Type = KE_SEMAPHORE;
    Semaphore->Header.SignalState = Count;
    InitializeListHead(&Semaphore->Header.WaitListHead);
    Semaphore->Limit = Limit;
}

/*
 * KeReleaseSemaphore: <= DISPATCH_LEVEL; adds Adjustment and returns the former count.  Windows raises
 * STATUS_SEMAPHORE_LIMIT_EXCEEDED past the limit; with no exceptions in driver code that is a bug check.
 */
LONG KeReleaseSemaphore(PRKSEMAPHORE Semaphore, KPRIORITY Increment, LONG Adjustment, BOOLEAN Wait)
{
    ddi_enter(KeReleaseSemaphore);
    ddi_enter_when(KeReleaseSemaphore, wait, Wait);
    (void)Increment, (void)Wait;
    ke_about_to_change(Semaphore);
    ke_uses(Semaphore);
    ke_releases(Semaphore);
    KIRQL old = ke_guard_enter_quietly(&ke_dispatcher);
    LONG before = Semaphore->Header.SignalState;
    bool exceeded = Adjustment > Semaphore->Limit - before;
    if (!exceeded) {
        Semaphore->Header.SignalState = before + Adjustment;
        ke_wait_test(&Semaphore->Header);
    }
    ke_guard_leave(&ke_dispatcher, old);
    if (exceeded) {
        ke_bugcheck(0x1E, (ULONG)STATUS_SEMAPHORE_LIMIT_EXCEEDED, (ULONG_PTR)__builtin_return_address(0), 0,
                    0);
    }
    return before;
}

/* KeReadStateSemaphore: any IRQL. */
LONG KeReadStateSemaphore(PRKSEMAPHORE Semaphore)
{
    ddi_enter(KeReadStateSemaphore);
    ke_about_to_look(Semaphore);
    return *(volatile LONG *)&Semaphore->Header.SignalState;
}
