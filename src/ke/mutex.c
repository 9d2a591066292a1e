/*
 * mutex.c - KMUTEX: owned by a thread, recursive (nf-wdm-keinitializemutex, nf-wdm-kereleasemutex; MU-1).
 */
#include "ke/ddi.h"
#include "ke/dispatch.h"
#include "ke/object.h"
#include "ke/mutex.h"
#include "ke/run.h"
#include "ke/observer.h"
#include "ke/step.h"

/* KeInitializeMutex: any IRQL; free.  Level is obsolete. */
VOID KeInitializeMutex(PRKMUTEX Mutex, ULONG Level)
{
    ddi_enter(KeInitializeMutex);
    (void)Level;
    ke_uses(Mutex);
    Mutex->Header.Type = KE_MUTANT;
    Mutex->Header.SignalState = 1;
    InitializeListHead(&Mutex->Header.WaitListHead);
    Mutex->OwnerThread = NULL;
    Mutex->Abandoned = FALSE;
    Mutex->ApcDisable = 1;
}

/*
 * KeReleaseMutex: <= DISPATCH_LEVEL with Wait FALSE, by the owner only; returns 0 when it is free now.
 * A thread that does not own it gets THREAD_NOT_MUTEX_OWNER.
 */
LONG KeReleaseMutex(PRKMUTEX Mutex, BOOLEAN Wait)
{
    ddi_enter(KeReleaseMutex);
    (void)Wait;
    PKTHREAD thread = KeGetCurrentThread();
    if (!mutex_may_release(Mutex, MUTEX_KERNEL, thread)) {
        return 0;
    }
    ke_about_to_change(Mutex);
    ke_uses(Mutex);
    ke_releases(Mutex);
    KIRQL old = ke_guard_enter_quietly(&ke_dispatcher);
    bool owner = Mutex->OwnerThread == thread && Mutex->Header.SignalState < 1;
    LONG before = Mutex->Header.SignalState;
    if (owner) {
        Mutex->Header.SignalState = before + 1;
        if (before == 0) {
            Mutex->OwnerThread = NULL;
            ke_wait_test(&Mutex->Header);
        }
    }
    ke_guard_leave(&ke_dispatcher, old);
    if (!owner) {
        ke_bugcheck(0x11, (ULONG_PTR)Mutex, (ULONG_PTR)thread, 0, 0);
    }
    return before;
}

void ke_mutex_abandon(PRKMUTEX mutex)
{
    ke_releases(mutex);
    KIRQL old = ke_guard_enter_quietly(&ke_dispatcher);
    mutex->Header.SignalState = 1;
    mutex->OwnerThread = NULL;
    ke_wait_test(&mutex->Header);
    ke_guard_leave(&ke_dispatcher, old);
}

/* KeReadStateMutex: any IRQL; 1 when free. */
LONG KeReadStateMutex(PRKMUTEX Mutex)
{
    ddi_enter(KeReadStateMutex);
    ke_about_to_look(Mutex);
    return *(volatile LONG *)&Mutex->Header.SignalState;
}
