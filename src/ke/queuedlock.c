/*
 * queuedlock.c - in-stack queued spin locks: spin locks whose waiters are served in the order in which they
 * came (spec SL-19, SL-23).
 *
 * The tickets of lockword.h are the queue.  KLOCK_QUEUE_HANDLE carries the lock and the old IRQL from the
 * acquisition to the release.
 */
#include "ke/ddi.h"
#include "ke/spinlock.h"

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
