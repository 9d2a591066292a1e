/*
 * inline_ndis.h - NDIS's lock functions as code of a driver built with `undis cc --free`, which <ndis.h>
 * includes (inline_ke.h).
 */
#ifndef UNDIS_FREE_INLINE_NDIS_H
#define UNDIS_FREE_INLINE_NDIS_H

#include <undis/free/inline_ke.h>

#if defined(UNDIS_FREE_FUNCTION)

#include <undis/free/rwlock.h>

EXTERN_C_START

UNDIS_FREE_FUNCTION VOID NdisAcquireSpinLock(PNDIS_SPIN_LOCK SpinLock)
{
    undis_lock_acquire(&SpinLock->SpinLock, &SpinLock->OldIrql);
}

UNDIS_FREE_FUNCTION VOID NdisReleaseSpinLock(PNDIS_SPIN_LOCK SpinLock)
{
    undis_lock_release(&SpinLock->SpinLock, SpinLock->OldIrql);
}

/* In parentheses: --dpr-old-irql=store has a macro of that name. */
UNDIS_FREE_FUNCTION VOID(NdisDprAcquireSpinLock)(PNDIS_SPIN_LOCK SpinLock)
{
    undis_lock_take(&SpinLock->SpinLock);
}

UNDIS_FREE_FUNCTION VOID NdisDprReleaseSpinLock(PNDIS_SPIN_LOCK SpinLock)
{
    undis_lock_drop(&SpinLock->SpinLock);
}

UNDIS_FREE_FUNCTION VOID NdisAcquireRWLockRead(PNDIS_RW_LOCK_EX Lock, PLOCK_STATE_EX LockState, UCHAR Flags)
{
    undis_rw_acquire_read(Lock, LockState, Flags);
}

UNDIS_FREE_FUNCTION VOID NdisReleaseRWLock(PNDIS_RW_LOCK_EX Lock, PLOCK_STATE_EX LockState)
{
    undis_rw_release(Lock, LockState);
}

EXTERN_C_END

#endif
#endif
