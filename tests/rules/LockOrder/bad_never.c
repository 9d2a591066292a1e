/*
 * The second thread waits for the end of the first: no execution can deadlock, and no other caller knows
 * that. Contexts: entry. Engine: explored.
 */
#include "../threads.h"

static NDIS_SPIN_LOCK A, B;
static KEVENT FirstIsDone;

static VOID TakeBoth(PNDIS_SPIN_LOCK First, PNDIS_SPIN_LOCK Second)
{
    NdisAcquireSpinLock(First);
    NdisAcquireSpinLock(Second);
    NdisReleaseSpinLock(Second);
    NdisReleaseSpinLock(First);
}

static VOID Forwards(VOID)
{
    TakeBoth(&A, &B);
    KeSetEvent(&FirstIsDone, IO_NO_INCREMENT, FALSE);
}

static VOID Backwards(VOID)
{
    KeWaitForSingleObject(&FirstIsDone, Executive, KernelMode, FALSE, NULL);
    TakeBoth(&B, &A);
}

static VOID body(VOID)
{
    NdisAllocateSpinLock(&A);
    NdisAllocateSpinLock(&B);
    KeInitializeEvent(&FirstIsDone, NotificationEvent, FALSE);
    RunBoth(Forwards, Backwards);
    NdisFreeSpinLock(&B);
    NdisFreeSpinLock(&A);
}
