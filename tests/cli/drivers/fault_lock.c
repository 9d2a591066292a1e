/* When its allocation fails it returns with its lock held. */
#include <ntddk.h>

static KSPIN_LOCK lock;
static PVOID block;

static VOID unload(PDRIVER_OBJECT driver)
{
    UNREFERENCED_PARAMETER(driver);
    if (block != NULL) {
        ExFreePoolWithTag(block, 'tluF');
    }
}

static VOID fill(VOID)
{
    KIRQL irql;
    KeAcquireSpinLock(&lock, &irql);
    block = ExAllocatePoolZero(NonPagedPoolNx, 64, 'tluF');
    if (block == NULL) {
        return;
    }
    KeReleaseSpinLock(&lock, irql);
}

NTSTATUS DriverEntry(PDRIVER_OBJECT driver, PUNICODE_STRING path)
{
    UNREFERENCED_PARAMETER(path);
    driver->DriverUnload = unload;
    KeInitializeSpinLock(&lock);
    fill();
    return STATUS_SUCCESS;
}
