/*
 * removelock.c - remove locks: a device's requests in flight, and the wait for the last of them.
 */
#include "ke/ddi.h"
#include "ke/observer.h"
#include "ke/run.h"
#include "ob/ob.h"

/* Makes a lock that nobody holds.  PASSIVE_LEVEL.  The limits are for a checked build of Windows.
 * nf-wdm-ioinitializeremovelock. */
VOID NTAPI IoInitializeRemoveLockEx(PIO_REMOVE_LOCK Lock, ULONG AllocateTag, ULONG MaxLockedMinutes,
                                    ULONG HighWatermark, ULONG RemlockSize)
{
    ddi_enter(IoInitializeRemoveLockEx);
    (void)AllocateTag, (void)MaxLockedMinutes, (void)HighWatermark, (void)RemlockSize;
    Lock->Common.Removed = FALSE;
    Lock->Common.IoCount = 1; /* the driver's own, which IoReleaseRemoveLockAndWait gives back */
    KeInitializeEvent(&Lock->Common.RemoveEvent, SynchronizationEvent, FALSE);
}

static void drop(PIO_REMOVE_LOCK lock)
{
    ke_synchronizes(lock);
    if (InterlockedDecrement(&lock->Common.IoCount) == 0) {
        KeSetEvent(&lock->Common.RemoveEvent, IO_NO_INCREMENT, FALSE);
    }
}

/* Counts one more in flight.  <= DISPATCH_LEVEL.  STATUS_DELETE_PENDING once removal has begun.
 * nf-wdm-ioacquireremovelock. */
NTSTATUS NTAPI IoAcquireRemoveLockEx(PIO_REMOVE_LOCK RemoveLock, PVOID Tag, PCSTR File, ULONG Line,
                                     ULONG RemlockSize)
{
    ddi_enter(IoAcquireRemoveLockEx);
    (void)Tag, (void)File, (void)Line, (void)RemlockSize;
    ke_synchronizes(RemoveLock);
    InterlockedIncrement(&RemoveLock->Common.IoCount);
    if (RemoveLock->Common.Removed) {
        drop(RemoveLock);
        return STATUS_DELETE_PENDING;
    }
    return STATUS_SUCCESS;
}

/* One less.  <= DISPATCH_LEVEL.  nf-wdm-ioreleaseremovelock. */
VOID NTAPI IoReleaseRemoveLockEx(PIO_REMOVE_LOCK RemoveLock, PVOID Tag, ULONG RemlockSize)
{
    ddi_enter(IoReleaseRemoveLockEx);
    (void)Tag, (void)RemlockSize;
    drop(RemoveLock);
}

/* One less, no more may come, and waits for the others.  PASSIVE_LEVEL.  nf-wdm-ioreleaseremovelockandwait.
 */
VOID NTAPI IoReleaseRemoveLockAndWaitEx(PIO_REMOVE_LOCK RemoveLock, PVOID Tag, ULONG RemlockSize)
{
    ddi_enter(IoReleaseRemoveLockAndWaitEx);
    (void)Tag, (void)RemlockSize;
    ke_synchronizes(RemoveLock);
    RemoveLock->Common.Removed = TRUE;
    MemoryBarrier();
    InterlockedDecrement(&RemoveLock->Common.IoCount); /* the caller's; the driver's own is still there */
    if (InterlockedDecrement(&RemoveLock->Common.IoCount) > 0) {
        KeWaitForSingleObject(&RemoveLock->Common.RemoveEvent, Executive, KernelMode, FALSE, NULL);
    }
}
