/*
 * thread.c - system threads, handles, references, events with handles.
 */
#include <ntifs.h>

#include "check.h"
#include "machine.h"
#include "ob/ob.h"

static volatile LONG seen;
static HANDLE given;

static VOID returns(PVOID context)
{
    seen = (LONG)(LONG_PTR)context;
}

static VOID terminates(PVOID context)
{
    PsTerminateSystemThread((NTSTATUS)(LONG_PTR)context);
    seen = -1; /* not reached */
}

/* The creator's handle must be there before the thread runs. */
static VOID closes_its_own_handle(PVOID context)
{
    (void)context;
    seen = ZwClose(given) == STATUS_SUCCESS ? 1 : 2;
}

static PVOID start(PKSTART_ROUTINE routine, PVOID context, CLIENT_ID *id)
{
    HANDLE handle;
    PVOID thread = NULL;
    CHECK_EQ(PsCreateSystemThread(&handle, THREAD_ALL_ACCESS, NULL, NULL, id, routine, context),
             STATUS_SUCCESS);
    CHECK_EQ(ObReferenceObjectByHandle(handle, SYNCHRONIZE, *PsThreadType, KernelMode, &thread, NULL),
             STATUS_SUCCESS);
    CHECK_EQ(ZwClose(handle), STATUS_SUCCESS);
    return thread;
}

static void start_join_status(void *argument)
{
    (void)argument;
    CLIENT_ID id;
    PVOID thread = start(returns, (PVOID)7, &id);
    CHECK_EQ(KeWaitForSingleObject(thread, Executive, KernelMode, FALSE, NULL), STATUS_SUCCESS);
    CHECK_EQ(seen, 7);
    CHECK_PTR(PsGetThreadId(thread), id.UniqueThread);
    CHECK_PTR(PsGetCurrentProcessId(), id.UniqueProcess);
    CHECK(PsGetCurrentThreadId() != id.UniqueThread);
    ObDereferenceObject(thread);

    thread = start(terminates, (PVOID)(LONG_PTR)STATUS_UNSUCCESSFUL, NULL);
    CHECK_EQ(KeWaitForSingleObject(thread, Executive, KernelMode, FALSE, NULL), STATUS_SUCCESS);
    CHECK_EQ(seen, 7);
    /* A thread stays signalled. */
    CHECK_EQ(KeWaitForSingleObject(thread, Executive, KernelMode, FALSE, NULL), STATUS_SUCCESS);
    ObDereferenceObject(thread);
}

static void handle_is_there_first(void *argument)
{
    (void)argument;
    for (int i = 0; i < 50; i++) {
        seen = 0;
        CHECK_EQ(
            PsCreateSystemThread(&given, THREAD_ALL_ACCESS, NULL, NULL, NULL, closes_its_own_handle, NULL),
            STATUS_SUCCESS);
        SLEEP_UNTIL(seen != 0);
        CHECK_EQ(seen, 1);
    }
}

static void count_one(void *argument)
{
    InterlockedIncrement(argument);
}

static void many_threads(void *argument)
{
    static struct thread threads[200];
    static volatile LONG counter;
    (void)argument;
    for (int i = 0; i < 200; i++) {
        thread_start(&threads[i], count_one, (void *)&counter, -1);
    }
    for (int i = 0; i < 200; i++) {
        thread_join(&threads[i]);
    }
    CHECK_EQ(counter, 200);
}

static void bad_arguments(void *argument)
{
    (void)argument;
    HANDLE handle;
    PVOID object = &handle;
    CHECK_EQ(PsCreateSystemThread(&handle, 0, NULL, (HANDLE)1234, NULL, returns, NULL),
             STATUS_INVALID_PARAMETER);
    /* The body's own thread is no driver's. */
    CHECK_EQ(PsTerminateSystemThread(STATUS_SUCCESS), STATUS_INVALID_PARAMETER);
    CHECK_EQ(ZwClose((HANDLE)0), STATUS_INVALID_HANDLE);
    CHECK_EQ(ZwClose((HANDLE)0x12345), STATUS_INVALID_HANDLE);
    CHECK_EQ(ZwClose((HANDLE)(LONG_PTR)-4), STATUS_INVALID_HANDLE);
    CHECK_EQ(ObReferenceObjectByHandle((HANDLE)8, 0, NULL, KernelMode, &object, NULL), STATUS_INVALID_HANDLE);
    CHECK_PTR(object, NULL);
    CHECK_EQ(ObReferenceObjectByHandle(NtCurrentThread(), 0, *PsThreadType, KernelMode, &object, NULL),
             STATUS_SUCCESS);
    CHECK_PTR(object, KeGetCurrentThread());
    ObDereferenceObject(object);
}

static void handles_are_not_reused_at_once(void *argument)
{
    (void)argument;
    HANDLE handles[300], stale;
    CHECK_EQ(ZwCreateEvent(&stale, EVENT_ALL_ACCESS, NULL, NotificationEvent, FALSE), STATUS_SUCCESS);
    CHECK_EQ(ZwClose(stale), STATUS_SUCCESS);
    CHECK_EQ(ZwClose(stale), STATUS_INVALID_HANDLE);
    for (int i = 0; i < 300; i++) {
        CHECK_EQ(ZwCreateEvent(&handles[i], EVENT_ALL_ACCESS, NULL, NotificationEvent, FALSE),
                 STATUS_SUCCESS);
        for (int j = 0; j < i; j++) {
            CHECK(handles[i] != handles[j]);
        }
    }
    for (int i = 0; i < 300; i++) {
        CHECK_EQ(ZwSetEvent(handles[i], NULL), STATUS_SUCCESS);
        CHECK_EQ(ZwClose(handles[i]), STATUS_SUCCESS);
    }
}

static void events(void *argument)
{
    (void)argument;
    HANDLE handle, second;
    PVOID event, again;
    LONG previous = -1;
    UNICODE_STRING name = RTL_CONSTANT_STRING(L"\\BaseNamedObjects\\Up");
    OBJECT_ATTRIBUTES attributes;
    LARGE_INTEGER now = {.QuadPart = 0};
    InitializeObjectAttributes(&attributes, &name, OBJ_KERNEL_HANDLE, NULL, NULL);
    CHECK_EQ(ZwCreateEvent(&handle, EVENT_ALL_ACCESS, &attributes, SynchronizationEvent, FALSE),
             STATUS_SUCCESS);
    CHECK_EQ(ZwCreateEvent(&second, EVENT_ALL_ACCESS, &attributes, SynchronizationEvent, FALSE),
             STATUS_OBJECT_NAME_COLLISION);
    attributes.Attributes |= OBJ_OPENIF;
    CHECK_EQ(ZwCreateEvent(&second, EVENT_ALL_ACCESS, &attributes, SynchronizationEvent, FALSE),
             STATUS_OBJECT_NAME_EXISTS);
    CHECK_EQ(ObReferenceObjectByHandle(handle, 0, *PsThreadType, KernelMode, &event, NULL),
             STATUS_OBJECT_TYPE_MISMATCH);
    CHECK_EQ(ObReferenceObjectByHandle(handle, 0, *ExEventObjectType, KernelMode, &event, NULL),
             STATUS_SUCCESS);
    CHECK_EQ(ObReferenceObjectByHandle(second, 0, NULL, KernelMode, &again, NULL), STATUS_SUCCESS);
    CHECK_PTR(event, again);
    CHECK_EQ(ZwWaitForSingleObject(handle, FALSE, &now), STATUS_TIMEOUT);
    CHECK_EQ(ZwSetEvent(second, &previous), STATUS_SUCCESS);
    CHECK_EQ(previous, 0);
    CHECK_EQ(ZwWaitForSingleObject(handle, FALSE, NULL), STATUS_SUCCESS);
    CHECK_EQ(KeReadStateEvent(event), 0);
    CHECK_EQ(ZwClose(handle), STATUS_SUCCESS);
    CHECK_EQ(ZwClose(second), STATUS_SUCCESS);
    /* References keep the object, but its name is free only when it is gone. */
    KeSetEvent(event, 0, FALSE);
    ObDereferenceObject(event);
    ObDereferenceObject(again);
    attributes.Attributes = OBJ_KERNEL_HANDLE;
    CHECK_EQ(ZwCreateEvent(&handle, EVENT_ALL_ACCESS, &attributes, NotificationEvent, FALSE), STATUS_SUCCESS);
    CHECK_EQ(ZwClose(handle), STATUS_SUCCESS);
    PKEVENT named = IoCreateNotificationEvent(&name, &handle);
    CHECK(named != NULL && KeReadStateEvent(named) != 0);
    CHECK_EQ(ZwClose(handle), STATUS_SUCCESS);
}

static LONG destroyed;

static void destroy(void *object)
{
    (void)object;
    destroyed++;
}

static void references(void *argument)
{
    static struct _OBJECT_TYPE type = {"Test", destroy};
    static LONG object;
    (void)argument;
    CHECK(ob_insert(&object, &type));
    CHECK_EQ(ObReferenceObjectByPointer(&object, 0, *PsThreadType, KernelMode), STATUS_OBJECT_TYPE_MISMATCH);
    CHECK_EQ(ObReferenceObjectByPointer(&object, 0, &type, KernelMode), STATUS_SUCCESS);
    ObReferenceObject(&object);
    ObDereferenceObject(&object);
    KIRQL old;
    KeRaiseIrql(DISPATCH_LEVEL, &old);
    ObDereferenceObject(&object);
    CHECK_EQ(destroyed, 0);
    ObDereferenceObject(&object);
    CHECK_EQ(destroyed, 1);
    KeLowerIrql(old);
}

static void dereferenced_once_too_often(void *argument)
{
    static struct _OBJECT_TYPE type = {"Test", destroy};
    static LONG object;
    (void)argument;
    check_expected_end = UNDIS_STOPPED;
    CHECK(ob_insert(&object, &type));
    ObDereferenceObject(&object);
    ObDereferenceObject(&object);
    CHECK(false);
}

static void dereferenced_wild_pointer(void *argument)
{
    (void)argument;
    check_expected_end = UNDIS_STOPPED;
    ObDereferenceObject((PVOID)0x10);
    CHECK(false);
}

/* What is kept with a thread, of which the scheduler knows nothing. */
static void kept_with_a_thread(void *argument)
{
    static DEVICE_OBJECT device;
    PKTHREAD thread = KeGetCurrentThread();
    KAPC_STATE state;
    (void)argument;
    KPRIORITY before = KeQueryPriorityThread(thread);
    CHECK_EQ(KeSetBasePriorityThread(thread, 3), 0);
    CHECK_EQ(KeQueryPriorityThread(thread), before + 3);
    CHECK_EQ(KeSetBasePriorityThread(thread, -1), 3);
    CHECK_EQ(KeQueryPriorityThread(thread), before - 1);
    CHECK_EQ(KeSetBasePriorityThread(thread, 0), -1);
    CHECK_PTR(IoGetDeviceToVerify(thread), NULL);
    IoSetDeviceToVerify(thread, &device);
    CHECK_PTR(IoGetDeviceToVerify(thread), &device);
    IoSetDeviceToVerify(thread, NULL);
    CHECK_PTR(IoGetDeviceToVerify(thread), NULL);
    CHECK_EQ(ExGetPreviousMode(), KernelMode);
    KeStackAttachProcess(PsGetCurrentProcess(), &state);
    CHECK_PTR(PsGetCurrentProcess(), state.Process);
    KeUnstackDetachProcess(&state);
}

static const struct test_case cases[] = {
    CASE("thread.start-join-status", start_join_status, "", 2, BOTH),
    CASE("thread.handle-is-there-first", handle_is_there_first, "", 4, BOTH),
    CASE("thread.many-threads", many_threads, "", 4, BOTH),
    CASE("thread.bad-arguments", bad_arguments, "", 1, BOTH),
    CASE("thread.kept-with-it", kept_with_a_thread, "", 1, BOTH),
    CASE("handle.not-reused-at-once", handles_are_not_reused_at_once, "", 1, BOTH),
    CASE("handle.events", events, "", 1, BOTH),
    CASE("object.references", references, "", 1, BOTH),
    CASE("object.dereferenced-once-too-often", dereferenced_once_too_often, "DriverBugCheck", 1, BOTH),
    CASE("object.wild-pointer", dereferenced_wild_pointer, "DriverBugCheck", 1, BOTH),
};

TEST_MAIN(cases)
