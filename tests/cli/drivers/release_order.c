/* The defect of the NdisAllocateSpinLock page: A, B acquired; A, B released. */
#include <ndis.h>

static NDIS_SPIN_LOCK a, b;

NTSTATUS DriverEntry(PDRIVER_OBJECT driver, PUNICODE_STRING path)
{
    UNREFERENCED_PARAMETER(driver);
    UNREFERENCED_PARAMETER(path);
    NdisAllocateSpinLock(&a);
    NdisAllocateSpinLock(&b);
    NdisAcquireSpinLock(&a);
    NdisAcquireSpinLock(&b);
    NdisReleaseSpinLock(&a);
    NdisReleaseSpinLock(&b);
    NdisFreeSpinLock(&b);
    NdisFreeSpinLock(&a);
    return STATUS_SUCCESS;
}
