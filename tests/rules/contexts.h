/*
 * contexts.h - runs a test driver's body() where the end of the driver's name says, "-entry", "-thread" or
 * "-dpc": in DriverEntry, in a thread that it starts, in a DPC that it queues.  Without one of these it runs
 * in each context that the build gives (CONTEXT, a sum of the three numbers).
 */
#ifndef UNDIS_TESTS_RULES_CONTEXTS_H
#define UNDIS_TESTS_RULES_CONTEXTS_H

#include <ndis.h>

#define IN_ENTRY 1
#define IN_THREAD 2
#define IN_DPC 4

#ifndef CONTEXT
#define CONTEXT (IN_ENTRY | IN_THREAD | IN_DPC)
#endif

static VOID body(VOID);

static DRIVER_UNLOAD Unload;
DRIVER_INITIALIZE DriverEntry;

static VOID ThreadRoutine(PVOID Context)
{
    UNREFERENCED_PARAMETER(Context);
    body();
    PsTerminateSystemThread(STATUS_SUCCESS);
}

static VOID RunInThread(VOID)
{
    HANDLE handle;
    PVOID thread;
    if (!NT_SUCCESS(
            PsCreateSystemThread(&handle, THREAD_ALL_ACCESS, NULL, NULL, NULL, ThreadRoutine, NULL))) {
        return;
    }
    if (NT_SUCCESS(ObReferenceObjectByHandle(handle, THREAD_ALL_ACCESS, NULL, KernelMode, &thread, NULL))) {
        KeWaitForSingleObject(thread, Executive, KernelMode, FALSE, NULL);
        ObDereferenceObject(thread);
    }
    ZwClose(handle);
}

static KDPC Dpc;

static VOID DpcRoutine(PKDPC Object, PVOID Context, PVOID Argument1, PVOID Argument2)
{
    UNREFERENCED_PARAMETER(Object);
    UNREFERENCED_PARAMETER(Context);
    UNREFERENCED_PARAMETER(Argument1);
    UNREFERENCED_PARAMETER(Argument2);
    body();
}

static VOID RunInDpc(VOID)
{
    KeInitializeDpc(&Dpc, DpcRoutine, NULL);
    KeInsertQueueDpc(&Dpc, NULL, NULL);
    KeFlushQueuedDpcs();
}

static BOOLEAN EndsIn(PUNICODE_STRING Text, PCWSTR End)
{
    UNICODE_STRING end;
    RtlInitUnicodeString(&end, End);
    if (Text->Length < end.Length) {
        return FALSE;
    }
    UNICODE_STRING last = {end.Length, end.Length,
                           Text->Buffer + (Text->Length - end.Length) / sizeof(WCHAR)};
    return RtlEqualUnicodeString(&last, &end, FALSE);
}

/* Looks at the name only where there is a choice. */
static ULONG ChosenContexts(PUNICODE_STRING RegistryPath)
{
    if ((CONTEXT & (CONTEXT - 1)) == 0) {
        return CONTEXT;
    }
    if (EndsIn(RegistryPath, L"-entry")) {
        return IN_ENTRY;
    }
    if (EndsIn(RegistryPath, L"-thread")) {
        return IN_THREAD;
    }
    return EndsIn(RegistryPath, L"-dpc") ? IN_DPC : CONTEXT;
}

static VOID Unload(PDRIVER_OBJECT DriverObject)
{
    UNREFERENCED_PARAMETER(DriverObject);
}

NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    ULONG contexts = ChosenContexts(RegistryPath);
    DriverObject->DriverUnload = Unload;
    if (contexts & IN_THREAD) {
        RunInThread();
    }
    if (contexts & IN_DPC) {
        RunInDpc();
    }
    if (contexts & IN_ENTRY) {
        body();
    }
    return STATUS_SUCCESS;
}

#endif
