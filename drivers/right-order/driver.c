/*
 * driver.c - two spin locks as they should be: released in the reverse order.
 *
 * Inner's release restores DISPATCH_LEVEL, which it found; Outer's, the last, restores PASSIVE_LEVEL.
 */
#include <ndis.h>

DRIVER_INITIALIZE DriverEntry;
DRIVER_UNLOAD RightOrderUnload;

static NDIS_SPIN_LOCK Outer, Inner;

VOID RightOrderUnload(PDRIVER_OBJECT DriverObject)
{
    UNREFERENCED_PARAMETER(DriverObject);
    NdisFreeSpinLock(&Inner);
    NdisFreeSpinLock(&Outer);
}

NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    UNREFERENCED_PARAMETER(RegistryPath);
    DriverObject->DriverUnload = RightOrderUnload;
    NdisAllocateSpinLock(&Outer);
    NdisAllocateSpinLock(&Inner);

    NdisAcquireSpinLock(&Outer);
    NdisAcquireSpinLock(&Inner);
    NdisReleaseSpinLock(&Inner); /* still at DISPATCH_LEVEL, with Outer held */
    NdisReleaseSpinLock(&Outer); /* back to PASSIVE_LEVEL */
    return STATUS_SUCCESS;
}
