/*
 * interrupt.c - the interrupt spin lock as drivers see it (spec IN-5, IN-20).
 *
 * PKINTERRUPT is a struct ke_interrupt.
 */
#include "ke/ddi.h"
#include "ke/dispatch.h"
#include "ke/line.h"

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
 * level.  By who holds it already: bug check 0xF. */
KIRQL KeAcquireInterruptSpinLock(PKINTERRUPT Interrupt)
{
    ddi_enter(KeAcquireInterruptSpinLock);
    struct ke_interrupt *interrupt = interrupt_of(Interrupt);
    ddi_enter_range(KeAcquireInterruptSpinLock, interrupt, PASSIVE_LEVEL, interrupt->irql);
    KIRQL old = ke_raise(interrupt->irql);
    ke_interrupt_check_free(ke_interrupt_leader(interrupt));
    ke_interrupt_lock(interrupt, false);
    return old;
}

/* Is the interrupt spin lock another processor's, or nobody's?  True when there is a finding of it. */
static bool is_not_held(struct ke_interrupt *interrupt)
{
    if (interrupt->owner == ke_processor()) {
        return false;
    }
    const KSPIN_LOCK *lock = ke_interrupt_spin_lock(interrupt);
    return interrupt->owner == NULL
               ? event_misuse("SpinLockNotOwned", "an interrupt spin lock is released that nobody holds",
                              lock, 0x10, (uintptr_t)lock)
               : event_misuse("SpinLockWrongOwner",
                              "an interrupt spin lock is released that another processor holds", lock, 0xC4,
                              0x1004);
}

/* KeReleaseInterruptSpinLock: DIRQL; releases it and restores OldIrql. */
VOID KeReleaseInterruptSpinLock(PKINTERRUPT Interrupt, KIRQL OldIrql)
{
    ddi_enter(KeReleaseInterruptSpinLock);
    struct ke_interrupt *interrupt = interrupt_of(Interrupt);
    ddi_enter_range(KeReleaseInterruptSpinLock, interrupt, interrupt->irql, interrupt->irql);
    interrupt = ke_interrupt_leader(interrupt);
    if (!is_not_held(interrupt)) {
        ke_interrupt_unlock(interrupt);
    }
    ke_lower(OldIrql);
}
