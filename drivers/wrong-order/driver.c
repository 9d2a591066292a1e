/*
 * driver.c - the defect of the NdisAllocateSpinLock page, in four lines.
 *
 * Each lock keeps the IRQL that was there before it was acquired: Outer keeps PASSIVE_LEVEL, Inner keeps
 * DISPATCH_LEVEL.  Released in the order in which they were acquired, the first release lowers the processor
 * to PASSIVE_LEVEL while Inner is still held, and the second leaves it at DISPATCH_LEVEL for good.
 */
#include <ndis.h>

DRIVER_INITIALIZE DriverEntry;
DRIVER_UNLOAD WrongOrderUnload;

static NDIS_SPIN_LOCK Outer, Inner;

VOID WrongOrderUnload(PDRIVER_OBJECT DriverObject)
{
    UNREFERENCED_PARAMETER(DriverObject);
    NdisFreeSpinLock(&Inner);
    NdisFreeSpinLock(&Outer);
}

NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    UNREFERENCED_PARAMETER(RegistryPath);
    DriverObject->DriverUnload = WrongOrderUnload;
    NdisAllocateSpinLock(&Outer);
    NdisAllocateSpinLock(&Inner);

    NdisAcquireSpinLock(&Outer);
    NdisAcquireSpinLock(&Inner);
    NdisReleaseSpinLock(&Outer); /* back to PASSIVE_LEVEL, with Inner held */
    NdisReleaseSpinLock(&Inner); /* to DISPATCH_LEVEL, and nobody lowers it again */
    return STATUS_SUCCESS;
}
