/*
 * defect.c - released in the order of acquisition: the finding names this file's lines.
 */
#include <ndis.h>

NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    NDIS_SPIN_LOCK first, second;
    UNREFERENCED_PARAMETER(DriverObject);
    UNREFERENCED_PARAMETER(RegistryPath);
    NdisAllocateSpinLock(&first);
    NdisAllocateSpinLock(&second);
    NdisAcquireSpinLock(&first);
    NdisAcquireSpinLock(&second);
    NdisReleaseSpinLock(&first); /* line 15 */
    NdisReleaseSpinLock(&second);
    NdisFreeSpinLock(&second);
    NdisFreeSpinLock(&first);
    return STATUS_SUCCESS;
}
