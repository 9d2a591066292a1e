/*
 * dpr.c - what does NdisDprAcquireSpinLock do to OldIrql?  EXPECTED says what this build is to see.
 */
#include <ndis.h>

NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    NDIS_SPIN_LOCK lock;
    KIRQL old, seen;
    UNREFERENCED_PARAMETER(DriverObject);
    UNREFERENCED_PARAMETER(RegistryPath);
    NdisAllocateSpinLock(&lock);
    lock.OldIrql = APC_LEVEL;
    KeRaiseIrql(DISPATCH_LEVEL, &old);
    NdisDprAcquireSpinLock(&lock);
    seen = lock.OldIrql;
    NdisDprReleaseSpinLock(&lock);
    KeLowerIrql(old);
    NdisFreeSpinLock(&lock);
    return seen == EXPECTED ? STATUS_SUCCESS : STATUS_UNSUCCESSFUL;
}
