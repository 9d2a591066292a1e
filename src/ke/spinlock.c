/*
 * spinlock.c - the Ke spin lock functions, and waiting for a lock (spec section 2).
 *
 * A waiter spins briefly and then asks the engine to wait, because the host may have preempted the
 * holder.  It stays interruptible above its own IRQL all the while.  No fairness is promised (SL-19).
 */
#include "ke/ddi.h"
#include "ke/spinlock.h"

#include "ke/engine.h"

#undef KeInitializeSpinLock
#undef KeAcquireSpinLock
#undef KeReleaseSpinLock
#undef KeAcquireSpinLockAtDpcLevel
#undef KeReleaseSpinLockFromDpcLevel
#undef KeAcquireSpinLockRaiseToDpc
#undef KeTryToAcquireSpinLockAtDpcLevel
#undef KeTestSpinLock

#define SPIN_LIMIT 100
#define WAIT_REPORT_NS 100000000u

static bool spin_briefly(volatile uint32_t *word)
{
    for (int i = 0; i < SPIN_LIMIT; i++) {
        if (*word == WORD_FREE && ke_word_try(word)) {
            return true;
        }
        host_relax();
    }
    return false;
}

void ke_spin_lock_contend(PKSPIN_LOCK lock)
{
    volatile uint32_t *word = ke_spin_lock_word(lock);
    event_send(EVENT_LOCK_WAIT, lock, 0, 0, 0, 0);
    if (spin_briefly(word)) {
        return;
    }
    uint64_t since = ke_engine->now(), reported = since;
    for (;;) {
        uint64_t now = ke_engine->now();
        uint32_t expected = WORD_FREE;
        if (ke_word_wait_turn(word, now - since > WORD_PATIENCE_NS, &expected)) {
            return;
        }
        if (expected != WORD_FREE) {
            ke_engine->lock_wait(word, expected,
                                 now - since > WORD_PATIENCE_NS ? WAIT_REPORT_NS : WORD_PATIENCE_NS);
        }
        if (now - reported >= WAIT_REPORT_NS) {
            reported = now;
            event_send(EVENT_LOCK_WAIT, lock, 0, 1, 0, 0);
        }
    }
}

void ke_spin_lock_pass(PKSPIN_LOCK lock)
{
    ke_word_pass(ke_spin_lock_word(lock));
    ke_engine->lock_wake(ke_spin_lock_word(lock));
}

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
    if (!ke_word_try(ke_spin_lock_word(SpinLock))) {
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
    return *ke_spin_lock_word(SpinLock) == WORD_FREE;
}
