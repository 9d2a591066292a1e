/*
 * driver.c - one shape, chosen by the end of the driver's name: "...-NAME-same", all contexts on the first
 * processor, or "...-NAME-other", each on one of its own.  For `undis explore`.
 */
#include "perform.h"

static struct shape_locks locks;
static const struct shape *shape;
static BOOLEAN same;

static PVOID threads[SHAPE_CONTEXTS];
static KDPC dpcs[SHAPE_CONTEXTS];

static DRIVER_UNLOAD Unload;
DRIVER_INITIALIZE DriverEntry;

static ULONG ProcessorOf(ULONG Context)
{
    return same ? 0 : Context;
}

static VOID ThreadRoutine(PVOID Argument)
{
    ULONG context = (ULONG)(ULONG_PTR)Argument;
    KeSetSystemAffinityThread((KAFFINITY)1 << ProcessorOf(context));
    Perform(&locks, shape->contexts[context]);
    PsTerminateSystemThread(STATUS_SUCCESS);
}

static VOID DpcRoutine(PKDPC Dpc, PVOID Argument, PVOID Argument1, PVOID Argument2)
{
    UNREFERENCED_PARAMETER(Dpc);
    UNREFERENCED_PARAMETER(Argument1);
    UNREFERENCED_PARAMETER(Argument2);
    Perform(&locks, shape->contexts[(ULONG)(ULONG_PTR)Argument]);
}

static VOID StartContext(ULONG Context)
{
    HANDLE handle;
    PVOID argument = (PVOID)(ULONG_PTR)Context;
    if (shape->contexts[Context][0] == 'D') {
        KeInitializeDpc(&dpcs[Context], DpcRoutine, argument);
        KeSetTargetProcessorDpc(&dpcs[Context], (CCHAR)ProcessorOf(Context));
        KeInsertQueueDpc(&dpcs[Context], NULL, NULL);
    } else if (NT_SUCCESS(PsCreateSystemThread(&handle, THREAD_ALL_ACCESS, NULL, NULL, NULL, ThreadRoutine,
                                               argument))) {
        if (!NT_SUCCESS(ObReferenceObjectByHandle(handle, THREAD_ALL_ACCESS, NULL, KernelMode,
                                                  &threads[Context], NULL))) {
            threads[Context] = NULL;
        }
        ZwClose(handle);
    }
}

static VOID EndContext(ULONG Context)
{
    if (threads[Context] != NULL) {
        KeWaitForSingleObject(threads[Context], Executive, KernelMode, FALSE, NULL);
        ObDereferenceObject(threads[Context]);
    }
}

static VOID Unload(PDRIVER_OBJECT DriverObject)
{
    UNREFERENCED_PARAMETER(DriverObject);
}

/* ---- which shape ------------------------------------------------------------------------------- */

/* Does the text end so?  Takes it off. */
static BOOLEAN TakeEnd(UNICODE_STRING *Text, const char *End)
{
    size_t length = strlen(End), has = Text->Length / sizeof(WCHAR);
    if (has < length) {
        return FALSE;
    }
    for (size_t i = 0; i < length; i++) {
        if (Text->Buffer[has - length + i] != (WCHAR)End[i]) {
            return FALSE;
        }
    }
    Text->Length = (USHORT)(Text->Length - length * sizeof(WCHAR));
    return TRUE;
}

/* A name may be the end of another one: the longest counts. */
static const struct shape *ShapeOf(UNICODE_STRING Name)
{
    const struct shape *found = NULL;
    for (size_t i = 0; i < SHAPE_COUNT; i++) {
        UNICODE_STRING rest = Name;
        if (TakeEnd(&rest, shapes[i].name) &&
            (found == NULL || strlen(shapes[i].name) > strlen(found->name))) {
            found = &shapes[i];
        }
    }
    return found;
}

NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    UNICODE_STRING name = *RegistryPath;
    DriverObject->DriverUnload = Unload;
    same = TakeEnd(&name, "-same");
    if (!same && !TakeEnd(&name, "-other")) {
        return STATUS_OBJECT_NAME_NOT_FOUND;
    }
    shape = ShapeOf(name);
    if (shape == NULL) {
        return STATUS_OBJECT_NAME_NOT_FOUND;
    }
    MakeLocks(&locks);
    for (ULONG i = 0; i < SHAPE_CONTEXTS && shape->contexts[i] != NULL; i++) {
        StartContext(i);
    }
    for (ULONG i = 0; i < SHAPE_CONTEXTS && shape->contexts[i] != NULL; i++) {
        EndContext(i);
    }
    KeFlushQueuedDpcs();
    UnmakeLocks(&locks);
    return STATUS_SUCCESS;
}
