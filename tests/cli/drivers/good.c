/* A driver that does everything right: a thread, a DPC, a timer and a lock, all gone at the end. */
#include <ntddk.h>

static KSPIN_LOCK lock;
static volatile LONG count;
static KDPC dpc;
static KTIMER timer;
static PVOID thread;

static VOID count_up(PKDPC object, PVOID context, PVOID argument1, PVOID argument2)
{
    UNREFERENCED_PARAMETER(object);
    UNREFERENCED_PARAMETER(context);
    UNREFERENCED_PARAMETER(argument1);
    UNREFERENCED_PARAMETER(argument2);
    KeAcquireSpinLockAtDpcLevel(&lock);
    count++;
    KeReleaseSpinLockFromDpcLevel(&lock);
}

static VOID work(PVOID context)
{
    UNREFERENCED_PARAMETER(context);
    for (int i = 0; i < 1000; i++) {
        KIRQL irql;
        KeAcquireSpinLock(&lock, &irql);
        count++;
        KeReleaseSpinLock(&lock, irql);
    }
    PsTerminateSystemThread(STATUS_SUCCESS);
}

static VOID unload(PDRIVER_OBJECT driver)
{
    UNREFERENCED_PARAMETER(driver);
    KeWaitForSingleObject(thread, Executive, KernelMode, FALSE, NULL);
    ObDereferenceObject(thread);
    KeCancelTimer(&timer);
    KeFlushQueuedDpcs();
}

NTSTATUS DriverEntry(PDRIVER_OBJECT driver, PUNICODE_STRING path)
{
    UNREFERENCED_PARAMETER(path);
    driver->DriverUnload = unload;
    KeInitializeSpinLock(&lock);
    KeInitializeDpc(&dpc, count_up, NULL);
    KeInitializeTimer(&timer);
    LARGE_INTEGER due = {.QuadPart = -10000}; /* 1 ms */
    KeSetTimer(&timer, due, &dpc);
    HANDLE handle;
    NTSTATUS status = PsCreateSystemThread(&handle, THREAD_ALL_ACCESS, NULL, NULL, NULL, work, NULL);
    if (!NT_SUCCESS(status)) {
        KeCancelTimer(&timer);
        return status;
    }
    status = ObReferenceObjectByHandle(handle, THREAD_ALL_ACCESS, NULL, KernelMode, &thread, NULL);
    ZwClose(handle);
    return status;
}
