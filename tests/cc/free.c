/*
 * free.c - a driver of C and C++ that uses what `undis cc --free` inlines, at each level, and succeeds when
 * IRQL, OldIrql and the locks are what they have to be.
 */
#include <ndis.h>

EXTERN_C DRIVER_INITIALIZE DriverEntry;

static NDIS_SPIN_LOCK Lock;
static KSPIN_LOCK KernelLock;
static PNDIS_RW_LOCK_EX ReadWriteLock;

static BOOLEAN SpinLocks(KIRQL Irql)
{
    KIRQL old;
    BOOLEAN good;
    NdisAcquireSpinLock(&Lock);
    good = KeGetCurrentIrql() == DISPATCH_LEVEL && Lock.OldIrql == Irql && !KeTestSpinLock(&Lock.SpinLock);
    NdisReleaseSpinLock(&Lock);
    good = good && KeGetCurrentIrql() == Irql && KeTestSpinLock(&Lock.SpinLock);
    KeAcquireSpinLock(&KernelLock, &old);
    good = good && KeGetCurrentIrql() == DISPATCH_LEVEL && old == Irql && !KeTestSpinLock(&KernelLock);
    KeReleaseSpinLock(&KernelLock, old);
    return good && KeGetCurrentIrql() == Irql && KeTestSpinLock(&KernelLock);
}

static BOOLEAN SpinLocksAtDispatch(VOID)
{
    BOOLEAN good;
    Lock.OldIrql = APC_LEVEL;
    NdisDprAcquireSpinLock(&Lock);
    good = KeGetCurrentIrql() == DISPATCH_LEVEL && !KeTestSpinLock(&Lock.SpinLock);
#ifdef UNDIS_DPR_OLD_IRQL_STORE
    good = good && Lock.OldIrql == DISPATCH_LEVEL;
#else
    good = good && Lock.OldIrql == APC_LEVEL;
#endif
    NdisDprReleaseSpinLock(&Lock);
    good = good && KeGetCurrentIrql() == DISPATCH_LEVEL && KeTestSpinLock(&Lock.SpinLock);
    KeAcquireSpinLockAtDpcLevel(&KernelLock);
    good = good && KeGetCurrentIrql() == DISPATCH_LEVEL && !KeTestSpinLock(&KernelLock);
    KeReleaseSpinLockFromDpcLevel(&KernelLock);
    return good && KeTestSpinLock(&KernelLock);
}

static BOOLEAN Readers(KIRQL Irql, UCHAR Flags)
{
    LOCK_STATE_EX first, second;
    BOOLEAN good;
    NdisAcquireRWLockRead(ReadWriteLock, &first, Flags);
    NdisAcquireRWLockRead(ReadWriteLock, &second, 0);
    good = KeGetCurrentIrql() == DISPATCH_LEVEL;
    NdisReleaseRWLock(ReadWriteLock, &second);
    good = good && KeGetCurrentIrql() == DISPATCH_LEVEL;
    NdisReleaseRWLock(ReadWriteLock, &first);
    good = good && KeGetCurrentIrql() == Irql;
    NdisAcquireRWLockWrite(ReadWriteLock, &first, Flags);
    good = good && KeGetCurrentIrql() == DISPATCH_LEVEL;
    NdisReleaseRWLock(ReadWriteLock, &first);
    return good && KeGetCurrentIrql() == Irql;
}

static BOOLEAN AtLevel(KIRQL Irql)
{
    BOOLEAN good = TRUE;
    KIRQL old;
    ULONG i;
    if (Irql == PASSIVE_LEVEL) {
        old = PASSIVE_LEVEL;
    } else {
        KeRaiseIrql(Irql, &old);
    }
    /* Often enough for a lock to become what it is when nobody else uses it. */
    for (i = 0; i < 5000 && good; i++) {
        good = old == PASSIVE_LEVEL && KeGetCurrentIrql() == Irql && SpinLocks(Irql) && Readers(Irql, 0);
        if (Irql == DISPATCH_LEVEL) {
            good = good && SpinLocksAtDispatch() && Readers(Irql, NDIS_RWL_AT_DISPATCH_LEVEL);
        }
    }
    if (Irql != PASSIVE_LEVEL) {
        KeLowerIrql(old);
    }
    return good && KeGetCurrentIrql() == PASSIVE_LEVEL;
}

static VOID Unload(PDRIVER_OBJECT DriverObject)
{
    UNREFERENCED_PARAMETER(DriverObject);
    NdisFreeRWLock(ReadWriteLock);
    NdisFreeSpinLock(&Lock);
}

EXTERN_C NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    UNREFERENCED_PARAMETER(RegistryPath);
    DriverObject->DriverUnload = Unload;
    NdisAllocateSpinLock(&Lock);
    KeInitializeSpinLock(&KernelLock);
    ReadWriteLock = NdisAllocateRWLock(NULL);
    if (ReadWriteLock == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    if (AtLevel(PASSIVE_LEVEL) && AtLevel(APC_LEVEL) && AtLevel(DISPATCH_LEVEL)) {
        return STATUS_SUCCESS;
    }
    Unload(DriverObject);
    return STATUS_UNSUCCESSFUL;
}
