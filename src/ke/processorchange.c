/*
 * processorchange.c - who wants to be told of new processors, and where the processors are.
 *
 * No processor is added to a running machine; those that there are, a driver may be told of when it
 * registers.  They are cores of one package in one group and one NUMA node; caches are not described.
 */
#include "ke/ddi.h"
#include "ke/fault.h"
#include "ke/memory.h"

#include <string.h>

struct change_callback {
    PPROCESSOR_CALLBACK_FUNCTION function;
    PVOID context;
};

/* Returns what the routine made of *OperationStatus. */
static NTSTATUS tell(const struct change_callback *callback, KE_PROCESSOR_CHANGE_NOTIFY_STATE state,
                     unsigned processor, NTSTATUS why)
{
    KE_PROCESSOR_CHANGE_NOTIFY_CONTEXT change = {
        .State = state, .NtNumber = processor, .Status = why, .ProcNumber = {.Number = (UCHAR)processor}};
    NTSTATUS status = STATUS_SUCCESS;
    struct callback_frame frame;
    callback_enter(&frame, CALLBACK_DISPATCH, "processor change callback",
                   (const void *)(uintptr_t)callback->function);
    callback->function(callback->context, &change, &status);
    callback_leave(&frame);
    return status;
}

/* Start for each; complete for each, or failure for those that had started when one failed. */
static void tell_of_existing(const struct change_callback *callback)
{
    NTSTATUS status = STATUS_SUCCESS;
    unsigned told = 0;
    while (told < ke_processor_count && NT_SUCCESS(status)) {
        status = tell(callback, KeProcessorAddStartNotify, told, STATUS_SUCCESS);
        told += NT_SUCCESS(status);
    }
    for (unsigned i = 0; i < told; i++) {
        (void)tell(callback, NT_SUCCESS(status) ? KeProcessorAddCompleteNotify : KeProcessorAddFailureNotify,
                   i, status);
    }
}

/*
 * Registers a routine for processors that are added; with KE_PROCESSOR_CHANGE_ADD_EXISTING it is called for
 * those that there are, before this returns.  NULL when memory is short; a failure that the routine reports
 * is none of the registration.  PASSIVE_LEVEL.  nf-wdm-keregisterprocessorchangecallback.
 */
PVOID KeRegisterProcessorChangeCallback(PPROCESSOR_CALLBACK_FUNCTION CallbackFunction, PVOID CallbackContext,
                                        ULONG Flags)
{
    ddi_enter(KeRegisterProcessorChangeCallback);
    if (ddi_fails(KeRegisterProcessorChangeCallback)) {
        return NULL;
    }
    struct change_callback *callback = ke_allocate(sizeof(*callback));
    if (callback == NULL) {
        return NULL;
    }
    *callback = (struct change_callback){CallbackFunction, CallbackContext};
    event_send(EVENT_OBJECT_CREATE, callback, OBJECT_HANDLE, 0, 0, 0);
    if (Flags & KE_PROCESSOR_CHANGE_ADD_EXISTING) {
        tell_of_existing(callback);
    }
    return callback;
}

/* Ends it.  PASSIVE_LEVEL.  nf-wdm-kederegisterprocessorchangecallback. */
VOID KeDeregisterProcessorChangeCallback(PVOID CallbackHandle)
{
    ddi_enter(KeDeregisterProcessorChangeCallback);
    event_send(EVENT_OBJECT_DESTROY, CallbackHandle, OBJECT_HANDLE, 0, 0, 0);
    ke_free(CallbackHandle);
}

/* ---- where they are ------------------------------------------------------------------------------ */

#define ENTRY_HEAD FIELD_OFFSET(SYSTEM_LOGICAL_PROCESSOR_INFORMATION_EX, Processor)

struct writer {
    unsigned char *to;
    ULONG room, length; /* length: of what there is to write */
};

static void put(struct writer *writer, SYSTEM_LOGICAL_PROCESSOR_INFORMATION_EX *entry, size_t size)
{
    entry->Size = (ULONG)(ENTRY_HEAD + size);
    if (writer->length + entry->Size <= writer->room) {
        memcpy(writer->to + writer->length, entry, entry->Size);
    }
    writer->length += entry->Size;
}

static GROUP_AFFINITY all_of_them(void)
{
    return (GROUP_AFFINITY){.Mask = KeQueryActiveProcessors()};
}

static void put_processors(struct writer *writer, LOGICAL_PROCESSOR_RELATIONSHIP relationship,
                           GROUP_AFFINITY affinity)
{
    SYSTEM_LOGICAL_PROCESSOR_INFORMATION_EX entry = {.Relationship = relationship};
    entry.Processor.GroupCount = 1;
    entry.Processor.GroupMask[0] = affinity;
    put(writer, &entry, sizeof(entry.Processor));
}

static void put_cores(struct writer *writer, const PROCESSOR_NUMBER *only)
{
    for (unsigned i = 0; i < ke_processor_count; i++) {
        if (only == NULL || only->Number == i) {
            put_processors(writer, RelationProcessorCore, (GROUP_AFFINITY){.Mask = (KAFFINITY)1 << i});
        }
    }
}

static void put_node(struct writer *writer)
{
    SYSTEM_LOGICAL_PROCESSOR_INFORMATION_EX entry = {.Relationship = RelationNumaNode};
    entry.NumaNode.GroupCount = 1;
    entry.NumaNode.GroupMask = all_of_them();
    put(writer, &entry, sizeof(entry.NumaNode));
}

static void put_group(struct writer *writer)
{
    SYSTEM_LOGICAL_PROCESSOR_INFORMATION_EX entry = {.Relationship = RelationGroup};
    entry.Group.MaximumGroupCount = 1;
    entry.Group.ActiveGroupCount = 1;
    entry.Group.GroupInfo[0].MaximumProcessorCount = (UCHAR)ke_processor_count;
    entry.Group.GroupInfo[0].ActiveProcessorCount = (UCHAR)ke_processor_count;
    entry.Group.GroupInfo[0].ActiveProcessorMask = all_of_them().Mask;
    put(writer, &entry, sizeof(entry.Group));
}

static bool wants(LOGICAL_PROCESSOR_RELATIONSHIP asked, LOGICAL_PROCESSOR_RELATIONSHIP one)
{
    return asked == one || asked == RelationAll;
}

/*
 * Describes all processors, or what the one of that number belongs to.  <= DISPATCH_LEVEL.
 * STATUS_INVALID_PARAMETER: there is no such processor.  STATUS_INFO_LENGTH_MISMATCH: the buffer is too
 * small, and *Length says what is needed.  nf-wdm-kequerylogicalprocessorrelationship.
 */
NTSTATUS KeQueryLogicalProcessorRelationship(PPROCESSOR_NUMBER ProcessorNumber,
                                             LOGICAL_PROCESSOR_RELATIONSHIP RelationshipType,
                                             PSYSTEM_LOGICAL_PROCESSOR_INFORMATION_EX Information,
                                             PULONG Length)
{
    ddi_enter(KeQueryLogicalProcessorRelationship);
    const PROCESSOR_NUMBER *only = ProcessorNumber;
    if (only != NULL && (only->Group != 0 || only->Number >= ke_processor_count || only->Reserved != 0)) {
        return STATUS_INVALID_PARAMETER;
    }
    struct writer writer = {(unsigned char *)Information, Information != NULL ? *Length : 0, 0};
    if (wants(RelationshipType, RelationProcessorCore)) {
        put_cores(&writer, only);
    }
    if (wants(RelationshipType, RelationNumaNode) || RelationshipType == RelationNumaNodeEx) {
        put_node(&writer);
    }
    if (wants(RelationshipType, RelationProcessorPackage)) {
        put_processors(&writer, RelationProcessorPackage, all_of_them());
    }
    if (wants(RelationshipType, RelationProcessorDie)) {
        put_processors(&writer, RelationProcessorDie, all_of_them());
    }
    if (wants(RelationshipType, RelationGroup)) {
        put_group(&writer);
    }
    *Length = writer.length;
    return writer.length <= writer.room ? STATUS_SUCCESS : STATUS_INFO_LENGTH_MISMATCH;
}
