/*
 * interrupt.c - the interrupt spin lock as drivers see it (spec IN-5, IN-20).
 *
 * PKINTERRUPT is a struct ke_interrupt.
 */
#include "ke/ddi.h"
#include "ke/dispatch.h"
#include "ke/line.h"
#include "ke/spinlock.h"

static struct ke_interrupt *interrupt_of(PKINTERRUPT interrupt)
{
    return (struct ke_interrupt *)(void *)interrupt;
}

/*
 * KeSynchronizeExecution: <= DIRQL of the interrupt; runs the routine at DIRQL under the interrupt spin
 * lock and returns its result.  nf-wdm-kesynchronizeexecution, IN-20.
 */
BOOLEAN KeSynchronizeExecution(PKINTERRUPT Interrupt, PKSYNCHRONIZE_ROUTINE SynchronizeRoutine,
                               PVOID SynchronizeContext)
{
    ddi_enter(KeSynchronizeExecution);
    struct ke_interrupt *interrupt = interrupt_of(Interrupt);
    ddi_enter_range(KeSynchronizeExecution, interrupt, PASSIVE_LEVEL, interrupt->irql);
    return ke_interrupt_synchronize(interrupt, SynchronizeRoutine, SynchronizeContext, "SynchCritSection");
}

/* KeAcquireInterruptSpinLock: <= DIRQL; raises to DIRQL, takes the interrupt spin lock, returns the old
 * level. */
KIRQL KeAcquireInterruptSpinLock(PKINTERRUPT Interrupt)
{
    ddi_enter(KeAcquireInterruptSpinLock);
    struct ke_interrupt *interrupt = interrupt_of(Interrupt);
    ddi_enter_range(KeAcquireInterruptSpinLock, interrupt, PASSIVE_LEVEL, interrupt->irql);
    KIRQL old = ke_raise(interrupt->irql);
    interrupt = ke_interrupt_leader(interrupt);
    ke_spin_lock_take(&interrupt->lock);
    interrupt->owner = ke_processor();
    return old;
}

/* KeReleaseInterruptSpinLock: DIRQL; releases it and restores OldIrql. */
VOID KeReleaseInterruptSpinLock(PKINTERRUPT Interrupt, KIRQL OldIrql)
{
    ddi_enter(KeReleaseInterruptSpinLock);
    struct ke_interrupt *interrupt = interrupt_of(Interrupt);
    ddi_enter_range(KeReleaseInterruptSpinLock, interrupt, interrupt->irql, interrupt->irql);
    interrupt->owner = NULL;
    ke_spin_lock_drop(&interrupt->lock);
    ke_lower(OldIrql);
}
