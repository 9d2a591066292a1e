/*
 * A thread is left waiting when its driver goes.  Contexts: entry.
 */
#include <ntddk.h>

static KEVENT stop;

static VOID wait_for_ever(PVOID context)
{
    UNREFERENCED_PARAMETER(context);
    KeWaitForSingleObject(&stop, Executive, KernelMode, FALSE, NULL);
    PsTerminateSystemThread(STATUS_SUCCESS);
}

static VOID unload(PDRIVER_OBJECT driver)
{
    UNREFERENCED_PARAMETER(driver);
}

NTSTATUS DriverEntry(PDRIVER_OBJECT driver, PUNICODE_STRING path)
{
    HANDLE handle;
    UNREFERENCED_PARAMETER(path);
    driver->DriverUnload = unload;
    KeInitializeEvent(&stop, NotificationEvent, FALSE);
    NTSTATUS status = PsCreateSystemThread(&handle, THREAD_ALL_ACCESS, NULL, NULL, NULL, wait_for_ever, NULL);
    if (NT_SUCCESS(status)) {
        ZwClose(handle);
    }
    return status;
}
