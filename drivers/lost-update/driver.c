/*
 * lost-update: two threads count frames.  Every access of the counter is under the spin lock, and yet a count
 * gets lost: the lock is given up between reading the counter and writing it.
 *
 * It shows only if one thread comes in between the two critical sections of the other.
 */
#include <ntddk.h>

DRIVER_INITIALIZE DriverEntry;
static DRIVER_UNLOAD LostUpdateUnload;
static KSTART_ROUTINE CountFrame;

static KSPIN_LOCK Lock;
static ULONG Frames;

static VOID CountFrame(PVOID Context)
{
    KIRQL irql;
    ULONG frames;

    UNREFERENCED_PARAMETER(Context);
    KeAcquireSpinLock(&Lock, &irql);
    frames = Frames;
    KeReleaseSpinLock(&Lock, irql);

    KeAcquireSpinLock(&Lock, &irql);
    Frames = frames + 1;
    KeReleaseSpinLock(&Lock, irql);
    PsTerminateSystemThread(STATUS_SUCCESS);
}

static VOID LostUpdateUnload(PDRIVER_OBJECT DriverObject)
{
    UNREFERENCED_PARAMETER(DriverObject);
    NT_ASSERT(Frames == 2);
}

NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    ULONG i;

    UNREFERENCED_PARAMETER(RegistryPath);
    DriverObject->DriverUnload = LostUpdateUnload;
    KeInitializeSpinLock(&Lock);
    for (i = 0; i < 2; i++) {
        HANDLE thread;
        NTSTATUS status =
            PsCreateSystemThread(&thread, THREAD_ALL_ACCESS, NULL, NULL, NULL, CountFrame, NULL);
        if (!NT_SUCCESS(status)) {
            return status;
        }
        ZwClose(thread);
    }
    return STATUS_SUCCESS;
}
