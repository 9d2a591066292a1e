/*
 * spinlock.c - the Ke spin lock functions, and waiting for a lock (spec section 2).
 *
 * A waiter spins briefly and then sleeps, because the host may have preempted the holder.  It stays
 * interruptible above its own IRQL all the while.  No fairness is promised (SL-19).
 */
#include "ke/ddi.h"
#include "ke/spinlock.h"

#include "ke/lockwait.h"

#undef KeInitializeSpinLock
#undef KeAcquireSpinLock
#undef KeReleaseSpinLock
#undef KeAcquireSpinLockAtDpcLevel
#undef KeReleaseSpinLockFromDpcLevel
#undef KeAcquireSpinLockRaiseToDpc
#undef KeTryToAcquireSpinLockAtDpcLevel
#undef KeTestSpinLock

#define ENTRIES_UNTIL_LOOK 1024
#define ENTRY_AFTER_WAIT 32 /* so many entries one stands for that had to wait */

void ke_spin_lock_prepare(struct ke_processor *processor)
{
    unsigned number = processor->number;
    bool may_own = !UNDIS_CHECKED && host_barrier_there && number < LOCKWORD_PROCESSORS;
    processor->lock_owner = may_own ? LOCKWORD_FREE(number) : LOCKWORD_NOBODY;
    processor->lock_entries = ENTRIES_UNTIL_LOOK;
}

/* Each doubt makes it half as likely.  The looks are counted, not drawn: a multiplication spreads them. */
void ke_spin_lock_look(PKSPIN_LOCK lock)
{
    struct ke_processor *processor = ke_processor();
    uint32_t looks = ++processor->lock_looks * 0x9E3779B9u >> 16;
    processor->lock_entries = ENTRIES_UNTIL_LOOK;
    if (!lockword_is_nested() && (looks & ((1u << ke_lock_word(lock)->doubt) - 1)) == 0) {
        lockword_claim(ke_lock_word(lock));
    }
}

static void wait_for(PKSPIN_LOCK lock)
{
    struct ke_processor *processor = ke_processor();
    event_send(EVENT_LOCK_WAIT, lock, 0, 0, 0, 0);
    lockword_wait(ke_lock_word(lock));
    if (!UNDIS_CHECKED && processor->lock_entries < ENTRY_AFTER_WAIT) {
        ke_spin_lock_look(lock);
    } else {
        processor->lock_entries -= ENTRY_AFTER_WAIT;
    }
}

void ke_spin_lock_enter_slowly(PKSPIN_LOCK lock, enum lockword_entry entry)
{
    if (entry == LOCKWORD_LOST) {
        lockword_undo(ke_lock_word(lock));
    }
    wait_for(lock);
}

void ke_spin_lock_leave_slowly(PKSPIN_LOCK lock)
{
    lockword_leave_slowly(ke_lock_word(lock));
}

bool ke_spin_lock_is_unused(PKSPIN_LOCK lock)
{
    return lockword_is_unused(ke_lock_word(lock));
}

bool ke_spin_lock_try(PKSPIN_LOCK lock)
{
    enum lockword_entry entry = lockword_enter(ke_lock_word(lock));
    if (entry == LOCKWORD_LOST) {
        lockword_undo(ke_lock_word(lock));
    }
    return entry == LOCKWORD_ENTERED || entry == LOCKWORD_ENTERED_SHARED ||
           lockword_try_slowly(ke_lock_word(lock));
}

void ke_spin_lock_take_in_turn(PKSPIN_LOCK lock)
{
    ke_about_to_lock(ke_spin_lock_word(lock));
    switch (lockword_enter_first(ke_lock_word(lock))) {
    case LOCKWORD_ENTERED:
    case LOCKWORD_ENTERED_SHARED:
        return;
    case LOCKWORD_LOST:
        lockword_undo(ke_lock_word(lock));
        break;
    case LOCKWORD_BUSY:
        break;
    }
    ke_processor()->lock_in_turn = true;
    wait_for(lock);
    ke_processor()->lock_in_turn = false;
}

#if !UNDIS_CHECKED

void undis_free(lock_enter)(PKSPIN_LOCK SpinLock, enum lockword_entry entry)
{
    ke_spin_lock_enter_slowly(SpinLock, entry);
}

void undis_free(lock_leave)(PKSPIN_LOCK SpinLock)
{
    ke_spin_lock_leave_slowly(SpinLock);
}

void undis_free(lock_look)(PKSPIN_LOCK SpinLock)
{
    ke_spin_lock_look(SpinLock);
}

#endif

void ke_spin_lock_abandon(PKSPIN_LOCK lock)
{
    ke_spin_lock_drop(lock);
}

#if UNDIS_CHECKED
bool ke_lock_may_release(const volatile void *lock, enum lock_flavor *flavor, KIRQL *irql)
{
    struct event event = {.kind = EVENT_LOCK_RELEASE,
                          .object = (const void *)(uintptr_t)lock,
                          .value = {*flavor, *irql},
                          .new_irql = *irql};
    if (event_is_wanted(EVENT_LOCK_RELEASE)) {
        event_report(&event);
    }
    *flavor = (enum lock_flavor)event.value[0];
    *irql = event.new_irql;
    return !event.skip;
}

void ke_lock_lower(KIRQL irql)
{
    KIRQL present = ke_irql();
    if (irql != present) {
        ke_about_to_lower(irql);
        ke_mask();
        event_send(EVENT_IRQL, NULL, present, irql, IRQL_CAUSE_LOCK, 0);
        ke_unmask(irql);
    }
}

void ke_spin_lock_release_checked(PKSPIN_LOCK lock, enum lock_flavor flavor, KIRQL irql)
{
    if (ke_lock_may_release(lock, &flavor, &irql)) {
        ke_spin_lock_drop(lock);
    }
    ke_lock_lower(irql);
}
#endif

/* KeInitializeSpinLock: any IRQL; makes the lock free.  nf-wdm-keinitializespinlock. */
VOID KeInitializeSpinLock(PKSPIN_LOCK SpinLock)
{
    ddi_enter(KeInitializeSpinLock);
    event_send(EVENT_LOCK_INIT, SpinLock, LOCK_KE, 0, 0, 0);
    ke_uses(SpinLock);
    *(volatile KSPIN_LOCK *)SpinLock = 0;
}

/*
 * KeAcquireSpinLockRaiseToDpc: <= DISPATCH_LEVEL; raises to DISPATCH_LEVEL, acquires, returns the old
 * level.  nf-wdm-keacquirespinlock, SL-6.
 */
KIRQL KeAcquireSpinLockRaiseToDpc(PKSPIN_LOCK SpinLock)
{
    ddi_enter(KeAcquireSpinLockRaiseToDpc);
    KIRQL old = UNDIS_CHECKED ? ke_irql() : PASSIVE_LEVEL; /* stands only when the verifier objects */
    ke_spin_lock_acquire(SpinLock, LOCK_KE, &old);
    return old;
}

/* KeAcquireSpinLock: the same, with the old level in *OldIrql.  nf-wdm-keacquirespinlock. */
VOID KeAcquireSpinLock(PKSPIN_LOCK SpinLock, PKIRQL OldIrql);
VOID KeAcquireSpinLock(PKSPIN_LOCK SpinLock, PKIRQL OldIrql)
{
    ddi_enter(KeAcquireSpinLock);
    ke_spin_lock_acquire(SpinLock, LOCK_KE, OldIrql);
}

/* KeReleaseSpinLock: DISPATCH_LEVEL; releases and restores NewIrql.  nf-wdm-kereleasespinlock. */
VOID KeReleaseSpinLock(PKSPIN_LOCK SpinLock, KIRQL NewIrql)
{
    ddi_enter(KeReleaseSpinLock);
    ke_spin_lock_release(SpinLock, LOCK_KE, NewIrql);
}

/* KeAcquireSpinLockAtDpcLevel: >= DISPATCH_LEVEL; IRQL is untouched.  SL-8. */
VOID KeAcquireSpinLockAtDpcLevel(PKSPIN_LOCK SpinLock)
{
    ddi_enter(KeAcquireSpinLockAtDpcLevel);
    ke_spin_lock_acquire_at_dpc(SpinLock, LOCK_KE_DPC);
}

/* KeReleaseSpinLockFromDpcLevel: >= DISPATCH_LEVEL; IRQL is untouched.  nf-wdm-kereleasespinlockfromdpclevel.
 */
VOID KeReleaseSpinLockFromDpcLevel(PKSPIN_LOCK SpinLock)
{
    ddi_enter(KeReleaseSpinLockFromDpcLevel);
    ke_spin_lock_release_from_dpc(SpinLock, LOCK_KE_DPC);
}

/* KeTryToAcquireSpinLockAtDpcLevel: >= DISPATCH_LEVEL; FALSE at once when the lock is held. */
BOOLEAN KeTryToAcquireSpinLockAtDpcLevel(PKSPIN_LOCK SpinLock)
{
    ddi_enter(KeTryToAcquireSpinLockAtDpcLevel);
    ke_about_to_try(ke_spin_lock_word(SpinLock));
    if (!ke_spin_lock_try(SpinLock)) {
        event_send(EVENT_LOCK_REFUSED, SpinLock, LOCK_KE_DPC, 0, 0, 0);
        return FALSE;
    }
    event_send(EVENT_LOCK_ACQUIRED, SpinLock, LOCK_KE_DPC, ke_irql(), 1, 0);
    return TRUE;
}

/*
 * KeAcquireSpinLockForDpc: <= DISPATCH_LEVEL; for a threaded DPC, which does not know its level.  Raises to
 * DISPATCH_LEVEL if need be, acquires, returns the old level.  SL-22, nf-wdm-keacquirespinlockfordpc.
 */
KIRQL KeAcquireSpinLockForDpc(PKSPIN_LOCK SpinLock)
{
    ddi_enter(KeAcquireSpinLockForDpc);
    KIRQL old = UNDIS_CHECKED ? ke_irql() : PASSIVE_LEVEL;
    ke_spin_lock_acquire(SpinLock, LOCK_KE_FOR_DPC, &old);
    return old;
}

/* KeReleaseSpinLockForDpc: DISPATCH_LEVEL; releases and restores OldIrql.  nf-wdm-kereleasespinlockfordpc. */
VOID KeReleaseSpinLockForDpc(PKSPIN_LOCK SpinLock, KIRQL OldIrql)
{
    ddi_enter(KeReleaseSpinLockForDpc);
    ke_spin_lock_release(SpinLock, LOCK_KE_FOR_DPC, OldIrql);
}

/* KeTestSpinLock: any IRQL; TRUE when the lock is free at this moment.  nf-wdm-ketestspinlock. */
BOOLEAN KeTestSpinLock(PKSPIN_LOCK SpinLock)
{
    ddi_enter(KeTestSpinLock);
    ke_about_to_test(ke_spin_lock_word(SpinLock));
    return lockword_is_free(ke_lock_word(SpinLock));
}
