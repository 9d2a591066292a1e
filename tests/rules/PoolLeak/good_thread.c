/*
 * The unload routine tells the thread to end and waits until it has.  Contexts: entry.
 */
#include <ntddk.h>

static KEVENT stop;
static PVOID thread;

static VOID wait_for_stop(PVOID context)
{
    UNREFERENCED_PARAMETER(context);
    KeWaitForSingleObject(&stop, Executive, KernelMode, FALSE, NULL);
    PsTerminateSystemThread(STATUS_SUCCESS);
}

static VOID unload(PDRIVER_OBJECT driver)
{
    UNREFERENCED_PARAMETER(driver);
    KeSetEvent(&stop, IO_NO_INCREMENT, FALSE);
    KeWaitForSingleObject(thread, Executive, KernelMode, FALSE, NULL);
    ObDereferenceObject(thread);
}

NTSTATUS DriverEntry(PDRIVER_OBJECT driver, PUNICODE_STRING path)
{
    HANDLE handle;
    UNREFERENCED_PARAMETER(path);
    driver->DriverUnload = unload;
    KeInitializeEvent(&stop, NotificationEvent, FALSE);
    NTSTATUS status = PsCreateSystemThread(&handle, THREAD_ALL_ACCESS, NULL, NULL, NULL, wait_for_stop, NULL);
    if (NT_SUCCESS(status)) {
        status = ObReferenceObjectByHandle(handle, THREAD_ALL_ACCESS, NULL, KernelMode, &thread, NULL);
        ZwClose(handle);
    }
    return status;
}
