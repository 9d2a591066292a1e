/*
 * queuedlock.c - in-stack queued spin locks: spin locks whose waiters are served in the order in which they
 * came (spec SL-19, SL-23).
 *
 * The high half of the KSPIN_LOCK holds two tickets: who came last, and whose turn it is.  A turn is over
 * when the word, the low half, is taken: so one waiter at a time tries to take the word, and its holder is a
 * holder like any other.  With nobody waiting the high half is zero, for a free lock is a zero KSPIN_LOCK.
 * The explored engine decides about every order itself and needs no tickets: whoever it lets have the word
 * came first.  KLOCK_QUEUE_HANDLE carries the lock and the old IRQL from the acquisition to the release.
 */
#include "ke/ddi.h"
#include "ke/engine.h"
#include "ke/spinlock.h"

#define QUEUE_SPINS 100
#define QUEUE_PATIENCE_NS 1000000u
#define QUEUE_REPORT_NS 100000000u

#define LAST_ONE 0x10000u /* the last ticket given out: high half; whose turn: low half */

static volatile uint32_t *tickets_of(PKSPIN_LOCK lock)
{
    return ke_spin_lock_word(lock) + 1;
}

static bool is_explored(void)
{
#if UNDIS_CHECKED
    return ke_stepping;
#else
    return false;
#endif
}

/* Waits, as ke_spin_lock_contend does, for the turn of `ticket`. */
static void wait_turn(PKSPIN_LOCK lock, uint16_t ticket)
{
    volatile uint32_t *tickets = tickets_of(lock);
    event_send(EVENT_LOCK_WAIT, lock, 0, 0, 0, 0);
    for (unsigned i = 0; i < QUEUE_SPINS; i++) {
        if ((uint16_t)*tickets == ticket) {
            return;
        }
        host_relax();
    }
    uint64_t reported = ke_engine->now();
    for (uint32_t seen = *tickets; (uint16_t)seen != ticket; seen = *tickets) {
        ke_engine->lock_wait(tickets, seen, QUEUE_PATIENCE_NS);
        uint64_t now = ke_engine->now();
        if (now - reported >= QUEUE_REPORT_NS) {
            reported = now;
            event_send(EVENT_LOCK_WAIT, lock, 0, 1, 0, 0);
        }
    }
}

void ke_spin_lock_queue_up(PKSPIN_LOCK lock)
{
    if (!is_explored()) {
        uint32_t before = __atomic_fetch_add(tickets_of(lock), LAST_ONE, __ATOMIC_ACQ_REL);
        uint16_t ticket = (uint16_t)(before / LAST_ONE);
        if (ticket != (uint16_t)before) {
            wait_turn(lock, ticket);
        }
    }
}

void ke_spin_lock_queue_on(PKSPIN_LOCK lock)
{
    volatile uint32_t *tickets = tickets_of(lock);
    if (is_explored()) {
        return;
    }
    uint32_t seen = *tickets, next, waiting;
    do {
        uint16_t turn = (uint16_t)(seen + 1);
        waiting = (uint16_t)(seen / LAST_ONE - turn);
        next = waiting == 0 ? 0 : (seen & ~(LAST_ONE - 1)) | turn;
    } while (!__atomic_compare_exchange_n(tickets, &seen, next, false, __ATOMIC_ACQ_REL, __ATOMIC_RELAXED));
    for (; waiting > 0; waiting--) { /* the one whose turn it is may be the last to be woken */
        ke_engine->lock_wake(tickets);
    }
}

/* ---- the functions that drivers call ------------------------------------------------------------- */

static PKSPIN_LOCK lock_of(PKLOCK_QUEUE_HANDLE handle)
{
    ke_reads(handle, sizeof(*handle));
    return handle->LockQueue.Lock;
}

static inline void acquire(PKSPIN_LOCK lock, PKLOCK_QUEUE_HANDLE handle, enum lock_flavor flavor)
{
    ke_writes(handle, sizeof(*handle));
    handle->LockQueue.Next = NULL;
    handle->LockQueue.Lock = lock;
    handle->OldIrql = ke_irql();
    ke_spin_lock_acquire(lock, flavor, &handle->OldIrql);
}

/*
 * KeAcquireInStackQueuedSpinLock: <= DISPATCH_LEVEL; raises to DISPATCH_LEVEL and acquires.  The handle is
 * the caller's, one for each acquisition, until the release.  nf-wdm-keacquireinstackqueuedspinlock.
 */
VOID KeAcquireInStackQueuedSpinLock(PKSPIN_LOCK SpinLock, PKLOCK_QUEUE_HANDLE LockHandle)
{
    ddi_enter(KeAcquireInStackQueuedSpinLock);
    acquire(SpinLock, LockHandle, LOCK_QUEUED);
}

/* KeReleaseInStackQueuedSpinLock: DISPATCH_LEVEL; releases and restores the level saved in the handle. */
VOID KeReleaseInStackQueuedSpinLock(PKLOCK_QUEUE_HANDLE LockHandle)
{
    ddi_enter(KeReleaseInStackQueuedSpinLock);
    ke_spin_lock_release(lock_of(LockHandle), LOCK_QUEUED, LockHandle->OldIrql);
}

/* KeAcquireInStackQueuedSpinLockAtDpcLevel: >= DISPATCH_LEVEL; IRQL is untouched. */
VOID KeAcquireInStackQueuedSpinLockAtDpcLevel(PKSPIN_LOCK SpinLock, PKLOCK_QUEUE_HANDLE LockHandle)
{
    ddi_enter(KeAcquireInStackQueuedSpinLockAtDpcLevel);
    ke_writes(LockHandle, sizeof(*LockHandle));
    LockHandle->LockQueue.Next = NULL;
    LockHandle->LockQueue.Lock = SpinLock;
    ke_spin_lock_acquire_at_dpc(SpinLock, LOCK_QUEUED_DPC);
}

/* KeReleaseInStackQueuedSpinLockFromDpcLevel: >= DISPATCH_LEVEL; IRQL is untouched. */
VOID KeReleaseInStackQueuedSpinLockFromDpcLevel(PKLOCK_QUEUE_HANDLE LockHandle)
{
    ddi_enter(KeReleaseInStackQueuedSpinLockFromDpcLevel);
    ke_spin_lock_release_from_dpc(lock_of(LockHandle), LOCK_QUEUED_DPC);
}

/* KeAcquireInStackQueuedSpinLockForDpc: <= DISPATCH_LEVEL; for a threaded DPC, which does not know its level.
 * SL-22, nf-wdm-keacquireinstackqueuedspinlockfordpc. */
VOID KeAcquireInStackQueuedSpinLockForDpc(PKSPIN_LOCK SpinLock, PKLOCK_QUEUE_HANDLE LockHandle)
{
    ddi_enter(KeAcquireInStackQueuedSpinLockForDpc);
    acquire(SpinLock, LockHandle, LOCK_QUEUED_FOR_DPC);
}

/* KeReleaseInStackQueuedSpinLockForDpc: DISPATCH_LEVEL; restores the level before the acquisition. */
VOID KeReleaseInStackQueuedSpinLockForDpc(PKLOCK_QUEUE_HANDLE LockHandle)
{
    ddi_enter(KeReleaseInStackQueuedSpinLockForDpc);
    ke_spin_lock_release(lock_of(LockHandle), LOCK_QUEUED_FOR_DPC, LockHandle->OldIrql);
}
