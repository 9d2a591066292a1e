/* When its first allocation fails it takes a lock that it has not allocated yet. */
#include <ndis.h>

static NDIS_SPIN_LOCK lock;
static PVOID block;

static VOID clean_up(VOID)
{
    NdisAcquireSpinLock(&lock);
    PVOID old = block;
    block = NULL;
    NdisReleaseSpinLock(&lock);
    NdisFreeSpinLock(&lock);
    if (old != NULL) {
        ExFreePoolWithTag(old, 'tluF');
    }
}

static VOID unload(PDRIVER_OBJECT driver)
{
    UNREFERENCED_PARAMETER(driver);
    clean_up();
}

NTSTATUS DriverEntry(PDRIVER_OBJECT driver, PUNICODE_STRING path)
{
    UNREFERENCED_PARAMETER(path);
    driver->DriverUnload = unload;
    block = ExAllocatePoolZero(NonPagedPoolNx, 64, 'tluF');
    if (block == NULL) {
        clean_up();
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    NdisAllocateSpinLock(&lock);
    return STATUS_SUCCESS;
}
