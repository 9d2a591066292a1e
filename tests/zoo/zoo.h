/*
 * zoo.h - the frame around every driver of the zoo: DriverEntry calls ZooStart, which starts the story's
 * threads, and returns; DriverUnload waits for the threads and calls ZooStop.
 *
 * Assertions are on, as in a driver's checked build, unless the source is compiled with -DDBG=0.
 */
#ifndef UNDIS_TESTS_ZOO_H
#define UNDIS_TESTS_ZOO_H

#ifndef DBG
#define DBG 1
#endif
#include <ndis.h>

#define ZOO_TAG 'ooZU'
#define ZOO_THREADS 4

/* The story's own. FALSE: memory is short; whatever was made has been undone. */
static BOOLEAN ZooStart(VOID);
/* Every thread has ended. */
static VOID ZooStop(VOID);

struct ZooThread {
    ULONG Processor;
    VOID (*Body)(VOID);
    PVOID Object;
};
static struct ZooThread ZooThreads[ZOO_THREADS];
static ULONG ZooThreadCount;

static VOID ZooThreadRoutine(PVOID Context)
{
    struct ZooThread *thread = Context;
    KeSetSystemAffinityThread((KAFFINITY)1 << thread->Processor);
    thread->Body();
    PsTerminateSystemThread(STATUS_SUCCESS);
}

/* Starts a thread that stays on that processor; at most ZOO_THREADS, from ZooStart. */
static inline VOID ZooThread(ULONG Processor, VOID (*Body)(VOID))
{
    struct ZooThread *thread = &ZooThreads[ZooThreadCount];
    HANDLE handle;
    thread->Processor = Processor;
    thread->Body = Body;
    while (!NT_SUCCESS(
        PsCreateSystemThread(&handle, THREAD_ALL_ACCESS, NULL, NULL, NULL, ZooThreadRoutine, thread))) {
        LARGE_INTEGER soon = {.QuadPart = -10000};
        KeDelayExecutionThread(KernelMode, FALSE, &soon); /* there was no memory for it */
    }
    if (NT_SUCCESS(
            ObReferenceObjectByHandle(handle, THREAD_ALL_ACCESS, NULL, KernelMode, &thread->Object, NULL))) {
        ZooThreadCount++;
    }
    ZwClose(handle);
}

static inline PVOID ZooAllocate(SIZE_T Size)
{
    return ExAllocatePoolZero(NonPagedPoolNx, Size, ZOO_TAG);
}

static inline VOID ZooFree(PVOID Block)
{
    ExFreePoolWithTag(Block, ZOO_TAG);
}

DRIVER_INITIALIZE DriverEntry;
static DRIVER_UNLOAD ZooUnload;

static VOID ZooUnload(PDRIVER_OBJECT DriverObject)
{
    UNREFERENCED_PARAMETER(DriverObject);
    for (ULONG i = 0; i < ZooThreadCount; i++) {
        KeWaitForSingleObject(ZooThreads[i].Object, Executive, KernelMode, FALSE, NULL);
        ObDereferenceObject(ZooThreads[i].Object);
    }
    ZooStop();
}

NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    UNREFERENCED_PARAMETER(RegistryPath);
    DriverObject->DriverUnload = ZooUnload;
    return ZooStart() ? STATUS_SUCCESS : STATUS_INSUFFICIENT_RESOURCES;
}

#endif
