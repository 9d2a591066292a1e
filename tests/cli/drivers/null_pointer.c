/* Writes through a NULL pointer, in a thread that holds a spin lock. */
#include <ntddk.h>

static KSPIN_LOCK lock;
static ULONG *volatile nowhere;

static VOID work(PVOID context)
{
    KIRQL irql;
    UNREFERENCED_PARAMETER(context);
    KeAcquireSpinLock(&lock, &irql);
    nowhere[4] = 1;
    KeReleaseSpinLock(&lock, irql);
    PsTerminateSystemThread(STATUS_SUCCESS);
}

NTSTATUS DriverEntry(PDRIVER_OBJECT driver, PUNICODE_STRING path)
{
    HANDLE handle;
    UNREFERENCED_PARAMETER(driver);
    UNREFERENCED_PARAMETER(path);
    KeInitializeSpinLock(&lock);
    NTSTATUS status = PsCreateSystemThread(&handle, THREAD_ALL_ACCESS, NULL, NULL, NULL, work, NULL);
    if (NT_SUCCESS(status)) {
        ZwClose(handle);
    }
    return status;
}
