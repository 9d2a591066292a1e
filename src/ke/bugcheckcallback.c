/*
 * bugcheckcallback.c - routines of drivers that run when the machine bug checks (bugcheck.h).
 *
 * They run at HIGH_LEVEL on the processor that bug checked, the others being stopped.  There is no crash
 * dump: of the routines with a reason only those that give secondary dump data are called, and what they give
 * is dropped.
 */
#include "ke/bugcheck.h"

#include "ke/ddi.h"
#include "ke/fault.h"

#define SECONDARY_BYTES 4096u

static LIST_ENTRY plain = {&plain, &plain}, reasons = {&reasons, &reasons};
static struct ke_guard guard; /* of both and the states of what is in them */

/* The verifier tells of records that a driver leaves behind.  A record is often the first thing in a block of
 * pool, which has that address itself. */
static const void *inside(const void *record)
{
    return (const char *)record + 1;
}

static bool insert(LIST_ENTRY *list, LIST_ENTRY *entry, UCHAR *state)
{
    KIRQL old = ke_guard_enter_quietly(&guard);
    bool empty = *state == BufferEmpty;
    if (empty) {
        *state = BufferInserted;
        InsertTailList(list, entry);
    }
    ke_guard_leave(&guard, old);
    if (empty) {
        event_send(EVENT_OBJECT_CREATE, inside(entry), OBJECT_HANDLE, 0, 0, 0);
    }
    return empty;
}

static bool take_out(LIST_ENTRY *entry, UCHAR *state)
{
    KIRQL old = ke_guard_enter_quietly(&guard);
    bool inserted = *state == BufferInserted;
    if (inserted) {
        *state = BufferEmpty;
        RemoveEntryList(entry);
    }
    ke_guard_leave(&guard, old);
    if (inserted) {
        event_send(EVENT_OBJECT_DESTROY, inside(entry), OBJECT_HANDLE, 0, 0, 0);
    }
    return inserted;
}

/*
 * Registers a routine for a bug check.  The record, nonpaged, was given to KeInitializeCallbackRecord, and is
 * the system's until it is deregistered.  FALSE when it is registered already.  Any IRQL.
 * nf-wdm-keregisterbugcheckcallback.
 */
BOOLEAN KeRegisterBugCheckCallback(PKBUGCHECK_CALLBACK_RECORD CallbackRecord,
                                   PKBUGCHECK_CALLBACK_ROUTINE CallbackRoutine, PVOID Buffer, ULONG Length,
                                   PUCHAR Component)
{
    ddi_enter(KeRegisterBugCheckCallback);
    if (ddi_fails(KeRegisterBugCheckCallback) || CallbackRecord->State != BufferEmpty) {
        return FALSE;
    }
    CallbackRecord->CallbackRoutine = (PVOID)(uintptr_t)CallbackRoutine;
    CallbackRecord->Buffer = Buffer;
    CallbackRecord->Length = Length;
    CallbackRecord->Component = Component;
    return insert(&plain, &CallbackRecord->Entry, &CallbackRecord->State);
}

/* Takes it back; FALSE when it is not registered.  Any IRQL.  nf-wdm-kederegisterbugcheckcallback. */
BOOLEAN KeDeregisterBugCheckCallback(PKBUGCHECK_CALLBACK_RECORD CallbackRecord)
{
    ddi_enter(KeDeregisterBugCheckCallback);
    return take_out(&CallbackRecord->Entry, &CallbackRecord->State);
}

/* The same with a reason.  FALSE for a reason that is none, too.  nf-wdm-keregisterbugcheckreasoncallback. */
BOOLEAN KeRegisterBugCheckReasonCallback(PKBUGCHECK_REASON_CALLBACK_RECORD CallbackRecord,
                                         PKBUGCHECK_REASON_CALLBACK_ROUTINE CallbackRoutine,
                                         KBUGCHECK_CALLBACK_REASON Reason, PUCHAR Component)
{
    ddi_enter(KeRegisterBugCheckReasonCallback);
    if (ddi_fails(KeRegisterBugCheckReasonCallback) || CallbackRecord->State != BufferEmpty ||
        Reason < KbCallbackSecondaryDumpData || Reason > KbCallbackTriageDumpData) {
        return FALSE;
    }
    CallbackRecord->CallbackRoutine = CallbackRoutine;
    CallbackRecord->Reason = Reason;
    CallbackRecord->Component = Component;
    return insert(&reasons, &CallbackRecord->Entry, &CallbackRecord->State);
}

/* nf-wdm-kederegisterbugcheckreasoncallback. */
BOOLEAN KeDeregisterBugCheckReasonCallback(PKBUGCHECK_REASON_CALLBACK_RECORD CallbackRecord)
{
    ddi_enter(KeDeregisterBugCheckReasonCallback);
    return take_out(&CallbackRecord->Entry, &CallbackRecord->State);
}

/* ---- the bug check ------------------------------------------------------------------------------- */

static void call_plain(KBUGCHECK_CALLBACK_RECORD *record)
{
    PKBUGCHECK_CALLBACK_ROUTINE routine = (PKBUGCHECK_CALLBACK_ROUTINE)(uintptr_t)record->CallbackRoutine;
    struct callback_frame frame;
    record->State = BufferStarted;
    callback_enter(&frame, CALLBACK_DISPATCH, "BugCheckCallback", (const void *)(uintptr_t)routine);
    routine(record->Buffer, record->Length);
    callback_leave(&frame);
    record->State = BufferFinished;
}

static void call_with_reason(KBUGCHECK_REASON_CALLBACK_RECORD *record)
{
    static unsigned char buffer[SECONDARY_BYTES];
    KBUGCHECK_SECONDARY_DUMP_DATA data = {
        .InBuffer = buffer, .InBufferLength = sizeof(buffer), .MaximumAllowed = sizeof(buffer)};
    struct callback_frame frame;
    if (record->Reason != KbCallbackSecondaryDumpData) {
        return;
    }
    callback_enter(&frame, CALLBACK_DISPATCH, "BugCheckSecondaryDumpDataCallback",
                   (const void *)(uintptr_t)record->CallbackRoutine);
    record->CallbackRoutine(record->Reason, record, &data, sizeof(data));
    callback_leave(&frame);
}

void ke_bugcheck_tell(void)
{
    for (LIST_ENTRY *entry = plain.Flink; entry != &plain; entry = entry->Flink) {
        call_plain(CONTAINING_RECORD(entry, KBUGCHECK_CALLBACK_RECORD, Entry));
    }
    for (LIST_ENTRY *entry = reasons.Flink; entry != &reasons; entry = entry->Flink) {
        call_with_reason(CONTAINING_RECORD(entry, KBUGCHECK_REASON_CALLBACK_RECORD, Entry));
    }
}

bool ke_bugcheck_anybody(void)
{
    return !IsListEmpty(&plain) || !IsListEmpty(&reasons);
}
