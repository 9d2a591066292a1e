/*
 * contexts.h - runs a test driver's body() where the build says: in DriverEntry, in a thread that it
 * starts, in a DPC that it queues (CONTEXT, a sum of the three numbers).
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

#if CONTEXT & IN_THREAD
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
#endif

#if CONTEXT & IN_DPC
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
#endif

static VOID Unload(PDRIVER_OBJECT DriverObject)
{
    UNREFERENCED_PARAMETER(DriverObject);
}

NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    UNREFERENCED_PARAMETER(RegistryPath);
    DriverObject->DriverUnload = Unload;
#if CONTEXT & IN_THREAD
    RunInThread();
#endif
#if CONTEXT & IN_DPC
    RunInDpc();
#endif
#if CONTEXT & IN_ENTRY
    body();
#endif
    return STATUS_SUCCESS;
}

#endif
