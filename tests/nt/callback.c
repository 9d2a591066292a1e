/*
 * callback.c - callback objects, processor change callbacks, where the processors are, registering for a bug
 * check.
 */
#include <ntddk.h>

#include "check.h"
#include "machine.h"

static OBJECT_ATTRIBUTES *named(PCWSTR text)
{
    static UNICODE_STRING name;
    static OBJECT_ATTRIBUTES attributes;
    RtlInitUnicodeString(&name, text);
    InitializeObjectAttributes(&attributes, &name, OBJ_CASE_INSENSITIVE | OBJ_PERMANENT, NULL, NULL);
    return &attributes;
}

static char called[16];
static unsigned calls;
static KIRQL called_at;

static VOID note(PVOID context, PVOID first, PVOID second)
{
    called[calls++ % sizeof called] = *(const char *)context;
    called_at = KeGetCurrentIrql();
    CHECK_PTR(first, &calls);
    CHECK_PTR(second, NULL);
}

/* Found by name; called in the order of registration at the caller's level; not after the end. */
static void notified(void *argument)
{
    PCALLBACK_OBJECT made, opened;
    KIRQL old;
    (void)argument;
    CHECK_EQ(ExCreateCallback(&made, named(L"\\Callback\\Own"), FALSE, TRUE), STATUS_OBJECT_NAME_NOT_FOUND);
    CHECK_EQ(ExCreateCallback(&made, named(L"\\Callback\\Own"), TRUE, TRUE), STATUS_SUCCESS);
    CHECK_EQ(ExCreateCallback(&opened, named(L"\\callback\\OWN"), FALSE, FALSE), STATUS_SUCCESS);
    CHECK_PTR(opened, made);
    PVOID a = ExRegisterCallback(made, note, (PVOID) "a"), b = ExRegisterCallback(opened, note, (PVOID) "b");
    PVOID c = ExRegisterCallback(made, note, (PVOID) "c");
    ExNotifyCallback(made, &calls, NULL);
    CHECK_EQ(called_at, PASSIVE_LEVEL);
    CHECK_EQ(memcmp(called, "abc", 3), 0);
    ExUnregisterCallback(b);
    KeRaiseIrql(DISPATCH_LEVEL, &old);
    ExNotifyCallback(made, &calls, NULL);
    KeLowerIrql(old);
    CHECK_EQ(called_at, DISPATCH_LEVEL);
    CHECK_EQ(calls, 5);
    CHECK_EQ(memcmp(called + 3, "ac", 2), 0);
    ExUnregisterCallback(a);
    ExUnregisterCallback(c);
    ExNotifyCallback(made, &calls, NULL);
    CHECK_EQ(calls, 5);
    ObDereferenceObject(opened);
    ObDereferenceObject(made);
    CHECK_EQ(ExCreateCallback(&made, named(L"\\Callback\\Own"), FALSE, TRUE), STATUS_OBJECT_NAME_NOT_FOUND);
}

static void refused(void *argument)
{
    PCALLBACK_OBJECT object;
    OBJECT_ATTRIBUTES nameless;
    HANDLE event;
    (void)argument;
    InitializeObjectAttributes(&nameless, NULL, 0, NULL, NULL);
    CHECK_EQ(ExCreateCallback(&object, &nameless, TRUE, TRUE), STATUS_UNSUCCESSFUL);
    CHECK_EQ(ZwCreateEvent(&event, EVENT_ALL_ACCESS, named(L"\\Callback\\Event"), NotificationEvent, FALSE),
             STATUS_SUCCESS);
    CHECK_EQ(ExCreateCallback(&object, named(L"\\Callback\\Event"), TRUE, TRUE), STATUS_OBJECT_TYPE_MISMATCH);
    ZwClose(event);
    CHECK_EQ(ExCreateCallback(&object, named(L"\\Callback\\One"), TRUE, FALSE), STATUS_SUCCESS);
    PVOID first = ExRegisterCallback(object, note, (PVOID) "a");
    CHECK_PTR(ExRegisterCallback(object, note, (PVOID) "b"), NULL);
    ExUnregisterCallback(first);
    PVOID second = ExRegisterCallback(object, note, (PVOID) "b");
    CHECK(second != NULL);
    ExUnregisterCallback(second);
    ObDereferenceObject(object);
    /* The system's are there without anybody's making them, and stay. */
    for (int i = 0; i < 2; i++) {
        CHECK_EQ(ExCreateCallback(&object, named(L"\\Callback\\PowerState"), FALSE, TRUE), STATUS_SUCCESS);
        ObDereferenceObject(object);
    }
}

/* ---- unregistering waits ------------------------------------------------------------------------- */

static volatile LONG inside, may_leave, left;

static VOID stay(PVOID context, PVOID first, PVOID second)
{
    (void)context, (void)first, (void)second;
    InterlockedIncrement(&inside);
    SLEEP_UNTIL(may_leave != 0);
    InterlockedIncrement(&left);
}

static void notify(void *object)
{
    ExNotifyCallback(object, NULL, NULL);
}

static void let_go(void *argument)
{
    (void)argument;
    sleep_ms(20);
    InterlockedExchange(&may_leave, 1);
}

static void unregistering_waits(void *argument)
{
    PCALLBACK_OBJECT object;
    struct thread notifiers[2], releaser;
    (void)argument;
    CHECK_EQ(ExCreateCallback(&object, named(L"\\Callback\\Slow"), TRUE, TRUE), STATUS_SUCCESS);
    PVOID registration = ExRegisterCallback(object, stay, NULL);
    thread_start(&notifiers[0], notify, object, 0);
    thread_start(&notifiers[1], notify, object, 1);
    SLEEP_UNTIL(inside == 2);
    thread_start(&releaser, let_go, NULL, -1);
    ExUnregisterCallback(registration);
    CHECK_EQ(left, 2);
    ExNotifyCallback(object, NULL, NULL);
    CHECK_EQ(inside, 2);
    thread_join(&notifiers[0]);
    thread_join(&notifiers[1]);
    thread_join(&releaser);
    ObDereferenceObject(object);
}

/* A routine that unregisters another one, and one that comes later. */
static PVOID to_unregister;

static VOID unregister_other(PVOID context, PVOID first, PVOID second)
{
    (void)context, (void)first, (void)second;
    if (to_unregister != NULL) {
        ExUnregisterCallback(to_unregister);
        to_unregister = NULL;
    }
}

static void unregistered_in_a_call(void *argument)
{
    PCALLBACK_OBJECT object;
    (void)argument;
    CHECK_EQ(ExCreateCallback(&object, named(L"\\Callback\\Other"), TRUE, TRUE), STATUS_SUCCESS);
    PVOID first = ExRegisterCallback(object, unregister_other, NULL);
    to_unregister = ExRegisterCallback(object, note, (PVOID) "x");
    PVOID last = ExRegisterCallback(object, note, (PVOID) "y");
    ExNotifyCallback(object, &calls, NULL);
    CHECK_EQ(calls, 1);
    CHECK_EQ(called[0], 'y');
    ExUnregisterCallback(last);
    ExUnregisterCallback(first);
    ObDereferenceObject(object);
}

/* ---- processors ------------------------------------------------------------------------------------ */

static unsigned states[3][4]; /* how often each processor was told of each */
static ULONG fails_for;

static VOID processor_change(PVOID context, PKE_PROCESSOR_CHANGE_NOTIFY_CONTEXT change, PNTSTATUS status)
{
    CHECK_PTR(context, states);
    CHECK_EQ(KeGetCurrentIrql(), PASSIVE_LEVEL);
    CHECK_EQ(change->ProcNumber.Number, change->NtNumber);
    CHECK_EQ(change->ProcNumber.Group, 0);
    CHECK_EQ(*status, STATUS_SUCCESS);
    CHECK_EQ(change->Status,
             change->State == KeProcessorAddFailureNotify ? STATUS_INSUFFICIENT_RESOURCES : STATUS_SUCCESS);
    states[change->State][change->NtNumber]++;
    if (change->State == KeProcessorAddStartNotify && change->NtNumber == fails_for) {
        *status = STATUS_INSUFFICIENT_RESOURCES;
    }
}

static void processors_that_are_there(void *argument)
{
    (void)argument;
    fails_for = MAXULONG;
    PVOID quiet = KeRegisterProcessorChangeCallback(processor_change, states, 0);
    CHECK(quiet != NULL);
    PVOID all = KeRegisterProcessorChangeCallback(processor_change, states, KE_PROCESSOR_CHANGE_ADD_EXISTING);
    for (int i = 0; i < 3; i++) {
        CHECK_EQ(states[KeProcessorAddStartNotify][i], 1);
        CHECK_EQ(states[KeProcessorAddCompleteNotify][i], 1);
        CHECK_EQ(states[KeProcessorAddFailureNotify][i], 0);
    }
    fails_for = 1; /* then 0 is told of it, and 2 of nothing */
    PVOID failed =
        KeRegisterProcessorChangeCallback(processor_change, states, KE_PROCESSOR_CHANGE_ADD_EXISTING);
    CHECK(failed != NULL);
    CHECK_EQ(states[KeProcessorAddStartNotify][0], 2);
    CHECK_EQ(states[KeProcessorAddStartNotify][1], 2);
    CHECK_EQ(states[KeProcessorAddStartNotify][2], 1);
    CHECK_EQ(states[KeProcessorAddFailureNotify][0], 1);
    CHECK_EQ(states[KeProcessorAddFailureNotify][1], 0);
    CHECK_EQ(states[KeProcessorAddCompleteNotify][0], 1);
    KeDeregisterProcessorChangeCallback(failed);
    KeDeregisterProcessorChangeCallback(all);
    KeDeregisterProcessorChangeCallback(quiet);
}

union information {
    SYSTEM_LOGICAL_PROCESSOR_INFORMATION_EX entry;
    unsigned char bytes[1024];
};

static void relationships(void *argument)
{
    static union information info;
    ULONG length = 0, all = 0;
    PROCESSOR_NUMBER one = {.Number = 2}, none = {.Number = 3};
    (void)argument;
    CHECK_EQ(KeQueryLogicalProcessorRelationship(NULL, RelationNumaNode, NULL, &length),
             STATUS_INFO_LENGTH_MISMATCH);
    CHECK_EQ(length, 48);
    CHECK_EQ(KeQueryLogicalProcessorRelationship(NULL, RelationNumaNode, &info.entry, &length),
             STATUS_SUCCESS);
    CHECK_EQ(info.entry.Relationship, RelationNumaNode);
    CHECK_EQ(info.entry.Size, 48);
    CHECK_EQ(info.entry.NumaNode.NodeNumber, 0);
    CHECK_EQ(info.entry.NumaNode.GroupMask.Mask, 7);
    length = sizeof info;
    CHECK_EQ(KeQueryLogicalProcessorRelationship(&one, RelationProcessorCore, &info.entry, &length),
             STATUS_SUCCESS);
    CHECK_EQ(length, 48);
    CHECK_EQ(info.entry.Processor.GroupMask[0].Mask, 4);
    length = sizeof info;
    CHECK_EQ(KeQueryLogicalProcessorRelationship(NULL, RelationGroup, &info.entry, &length), STATUS_SUCCESS);
    CHECK_EQ(info.entry.Group.GroupInfo[0].ActiveProcessorMask, 7);
    CHECK_EQ(KeQueryLogicalProcessorRelationship(&none, RelationAll, NULL, &all), STATUS_INVALID_PARAMETER);
    CHECK_EQ(KeQueryLogicalProcessorRelationship(NULL, RelationAll, NULL, &all), STATUS_INFO_LENGTH_MISMATCH);
    CHECK_EQ(all, 3 * 48 + 48 + 48 + 48 + 80); /* cores, the node, the package, the die, the group */
    length = all;
    CHECK_EQ(KeQueryLogicalProcessorRelationship(NULL, RelationAll, &info.entry, &length), STATUS_SUCCESS);
    ULONG entries = 0;
    for (ULONG at = 0; at < all; entries++) {
        at += ((SYSTEM_LOGICAL_PROCESSOR_INFORMATION_EX *)(void *)(info.bytes + at))->Size;
    }
    CHECK_EQ(entries, 7);
}

/* ---- records for a bug check (what they are for: tests/cli/drivers/bug_check_callback.c) ------------- */

static VOID on_bug_check(PVOID buffer, ULONG length)
{
    (void)buffer, (void)length;
    CHECK(false);
}

static VOID on_reason(KBUGCHECK_CALLBACK_REASON reason, PKBUGCHECK_REASON_CALLBACK_RECORD record, PVOID data,
                      ULONG length)
{
    (void)reason, (void)record, (void)data, (void)length;
    CHECK(false);
}

static void records(void *argument)
{
    static KBUGCHECK_CALLBACK_RECORD record;
    static KBUGCHECK_REASON_CALLBACK_RECORD reason;
    static UCHAR component[] = "test";
    (void)argument;
    KeInitializeCallbackRecord(&record);
    KeInitializeCallbackRecord(&reason);
    CHECK(!KeDeregisterBugCheckCallback(&record));
    CHECK(KeRegisterBugCheckCallback(&record, on_bug_check, NULL, 0, component));
    CHECK(!KeRegisterBugCheckCallback(&record, on_bug_check, NULL, 0, component));
    CHECK(KeDeregisterBugCheckCallback(&record));
    CHECK(!KeDeregisterBugCheckCallback(&record));
    CHECK(KeRegisterBugCheckCallback(&record, on_bug_check, NULL, 0, component));
    CHECK(KeDeregisterBugCheckCallback(&record));
    CHECK(!KeRegisterBugCheckReasonCallback(&reason, on_reason, KbCallbackInvalid, component));
    CHECK(KeRegisterBugCheckReasonCallback(&reason, on_reason, KbCallbackAddPages, component));
    CHECK(!KeRegisterBugCheckReasonCallback(&reason, on_reason, KbCallbackAddPages, component));
    CHECK(KeDeregisterBugCheckReasonCallback(&reason));
    CHECK(!KeDeregisterBugCheckReasonCallback(&reason));
}

/* clang-format off */
static const struct test_case cases[] = {
    CASE("callback-notified", notified, "", 1, BOTH),
    CASE("callback-refused", refused, "", 1, BOTH),
    CASE("callback-unregistering-waits", unregistering_waits, "", 2, BOTH),
    CASE("callback-unregistered-in-a-call", unregistered_in_a_call, "", 1, BOTH),
    CASE("processor-change", processors_that_are_there, "", 3, BOTH),
    CASE("processor-relationships", relationships, "", 3, BOTH),
    CASE("bug-check-records", records, "", 1, BOTH),
};
/* clang-format on */

TEST_MAIN(cases)
