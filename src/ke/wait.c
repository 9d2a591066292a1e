/*
 * wait.c - waiting for dispatcher objects (spec IR-13, section 7; nf-wdm-kewaitforsingleobject).
 *
 * An object's signal is consumed by the wait that it satisfies: at once when the object is a
 * synchronisation event, a semaphore, a mutex or a synchronisation timer.
 */
#include "ke/ddi.h"
#include "ke/dispatch.h"
#include "ke/engine.h"
#include "ke/mutex.h"
#include "ke/object.h"
#include "ke/run.h"
#include "ke/observer.h"
#include "ke/step.h"

#include <string.h>

static bool is_signalled(const DISPATCHER_HEADER *object, const struct _KTHREAD *thread)
{
    if (object->Type == KE_MUTANT) {
        const KMUTEX *mutex = (const KMUTEX *)(const void *)object;
        return object->SignalState > 0 || mutex->OwnerThread == (PKTHREAD)thread;
    }
    return object->SignalState > 0;
}

/* Takes the signal on the thread's behalf. */
static void consume(DISPATCHER_HEADER *object, struct _KTHREAD *thread)
{
    KE_STEP(ke_observe_acquire(thread->actor - 1, object));
    switch (object->Type) {
    case KE_SYNCHRONIZATION_EVENT:
    case KE_SYNCHRONIZATION_TIMER:
        object->SignalState = 0;
        break;
    case KE_SEMAPHORE:
        object->SignalState--;
        break;
    case KE_MUTANT:
        object->SignalState--;
        ((KMUTEX *)(void *)object)->OwnerThread = (PKTHREAD)thread;
        break;
    default:
        break;
    }
}

/*
 * Can the wait on these blocks end now?  If so, consumes and returns true with the status.  WaitAll takes
 * either all of the signals or none.
 */
static bool try_satisfy(struct _KTHREAD *thread, KWAIT_BLOCK *blocks, ULONG count, WAIT_TYPE type,
                        NTSTATUS *status)
{
    ULONG signalled = 0;
    for (ULONG i = 0; i < count; i++) {
        DISPATCHER_HEADER *object = blocks[i].Object;
        if (is_signalled(object, thread)) {
            signalled++;
            if (type == WaitAny) {
                consume(object, thread);
                *status = STATUS_WAIT_0 + (NTSTATUS)i;
                return true;
            }
        }
    }
    if (type != WaitAll || signalled != count) {
        return false;
    }
    for (ULONG i = 0; i < count; i++) {
        consume(blocks[i].Object, thread);
    }
    *status = STATUS_WAIT_0;
    return true;
}

/* Ends a blocked wait. */
static void end_wait(struct _KTHREAD *thread, NTSTATUS status)
{
    for (ULONG i = 0; i < thread->wait_count; i++) {
        RemoveEntryList(&thread->wait_list[i].WaitListEntry);
    }
    if (thread->wait_has_timeout) {
        ke_timer_remove(&thread->wait_timer);
    }
    thread->wait_status = status;
    ke_thread_ready(thread);
}

void ke_wait_test(DISPATCHER_HEADER *object)
{
    LIST_ENTRY *link = object->WaitListHead.Flink;
    while (link != &object->WaitListHead && object->SignalState > 0) {
        KWAIT_BLOCK *block = CONTAINING_RECORD(link, KWAIT_BLOCK, WaitListEntry);
        struct _KTHREAD *thread = (struct _KTHREAD *)block->Thread;
        NTSTATUS status;
        link = link->Flink;
        if (try_satisfy(thread, thread->wait_list, thread->wait_count, thread->wait_type, &status)) {
            end_wait(thread, status);
            link = object->WaitListHead.Flink; /* the ended wait may have had several blocks here */
        }
    }
}

bool ke_timer_is_timeout(const KTIMER *timer)
{
    return timer->Header.Type == KE_TIMEOUT;
}

void ke_wait_timed_out(PKTIMER timer)
{
    struct _KTHREAD *thread = CONTAINING_RECORD(timer, struct _KTHREAD, wait_timer);
    thread->wait_has_timeout = FALSE;
    end_wait(thread, STATUS_TIMEOUT);
}

/* At DISPATCH_LEVEL and above nobody can switch threads: looks again and again, for 100 ms at most. */
static NTSTATUS poll_instead(struct _KTHREAD *thread, KWAIT_BLOCK *blocks, ULONG count, WAIT_TYPE type)
{
    NTSTATUS status = STATUS_TIMEOUT;
    uint64_t start = ke_engine->now();
    bool satisfied = false;
    /* The explored engine's clock stands still meanwhile: it looks once. */
    for (bool again = true; again && !satisfied;
         again = ke_engine->step == NULL && ke_engine->now() - start < 100000000u) {
        KIRQL old = ke_guard_enter_quietly(&ke_dispatcher);
        satisfied = try_satisfy(thread, blocks, count, type, &status);
        ke_guard_leave(&ke_dispatcher, old);
        host_relax();
    }
    return status;
}

static void block_on(struct _KTHREAD *thread, KWAIT_BLOCK *blocks, ULONG count, WAIT_TYPE type,
                     const LARGE_INTEGER *timeout)
{
    thread->wait_list = blocks;
    thread->wait_count = count;
    thread->wait_type = type;
    thread->wait_has_timeout = timeout != NULL;
    thread->wait_registers = (struct host_registers){.pc = (uintptr_t)__builtin_return_address(0),
                                                     .fp = (uintptr_t)__builtin_frame_address(0)};
    for (ULONG i = 0; i < count; i++) {
        DISPATCHER_HEADER *object = blocks[i].Object;
        InsertTailList(&object->WaitListHead, &blocks[i].WaitListEntry);
    }
    if (timeout != NULL) {
        thread->wait_timer.Header.Type = KE_TIMEOUT;
        ke_timer_insert(&thread->wait_timer, ke_timer_deadline(timeout));
    }
    thread->state = KE_THREAD_WAITING;
    ke_thread_block();
}

static intptr_t timeout_ms(const LARGE_INTEGER *timeout)
{
    return timeout == NULL ? -1 : timeout->QuadPart < 0 ? (intptr_t)(-timeout->QuadPart / 10000) : 0;
}

/* Steps of a wait: what it may consume.  More than two objects are announced one by one. */
static void about_to_wait(const struct _KTHREAD *thread, KWAIT_BLOCK *blocks, ULONG count, bool timed)
{
    const void *object = count == 1 ? blocks[0].Object : (const void *)thread;
    (void)object, (void)blocks, (void)timed; /* the free build takes no steps */
    for (ULONG i = 0; i + 2 < count; i++) {
        ke_about_to_change(blocks[i].Object);
    }
    if (count >= 2) {
        ke_about_to_change_both(blocks[count - 2].Object, blocks[count - 1].Object);
    } else if (timed) {
        ke_about_to_change_always(object, NULL);
    } else {
        ke_about_to_change(object);
    }
}

#if UNDIS_CHECKED

static bool is_mutex(const KWAIT_BLOCK *block)
{
    return ((const DISPATCHER_HEADER *)block->Object)->Type == KE_MUTANT;
}

/* Of mutexes, for the verifier: what is to be acquired, and what the wait that ended so has. */
static void announce_mutexes(const KWAIT_BLOCK *blocks, ULONG count, bool may_block)
{
    for (ULONG i = 0; i < count; i++) {
        if (is_mutex(&blocks[i])) {
            (void)mutex_may_acquire(blocks[i].Object, MUTEX_KERNEL, false, !may_block);
        }
    }
}

static void tell_mutexes(const KWAIT_BLOCK *blocks, ULONG count, WAIT_TYPE type, NTSTATUS status)
{
    ULONG index = (ULONG)(status - STATUS_WAIT_0);
    for (ULONG i = 0; i < count && index < count; i++) {
        if ((type == WaitAll || i == index) && is_mutex(&blocks[i])) {
            mutex_acquired(blocks[i].Object, MUTEX_KERNEL, false);
        }
    }
}

#endif

/*
 * The one wait under all others.  A zero time-out never blocks and is legal up to DISPATCH_LEVEL; a
 * blocking wait at or above DISPATCH_LEVEL is a bug check in the free build, and in the checked build a
 * finding after which the objects are only polled.
 */
static NTSTATUS wait_for(KWAIT_BLOCK *blocks, ULONG count, WAIT_TYPE type, const LARGE_INTEGER *timeout)
{
    struct _KTHREAD *thread = (struct _KTHREAD *)KeGetCurrentThread();
    bool may_block = timeout == NULL || timeout->QuadPart != 0;
    const void *first = count > 0 ? blocks[0].Object : NULL;
    bool objected = event_send(EVENT_WAIT, first, may_block, (uintptr_t)timeout_ms(timeout), 0, 0);
    NTSTATUS status;

    for (ULONG i = 0; i < count; i++) {
        ke_uses((const DISPATCHER_HEADER *)blocks[i].Object);
    }
    about_to_wait(thread, blocks, count, may_block && timeout != NULL);
    if (may_block && ke_irql() >= DISPATCH_LEVEL) {
        if (!objected) {
            ke_bugcheck(0xB8, (ULONG_PTR)thread, 0, 0, 0); /* ATTEMPTED_SWITCH_FROM_DPC */
        }
        return poll_instead(thread, blocks, count, type);
    }
    KIRQL old = ke_guard_enter_quietly(&ke_dispatcher);
    if (count > 0 && try_satisfy(thread, blocks, count, type, &status)) {
        ke_guard_leave(&ke_dispatcher, old);
        return status;
    }
    if (!may_block) {
        ke_guard_leave(&ke_dispatcher, old);
        return STATUS_TIMEOUT;
    }
    block_on(thread, blocks, count, type, timeout);
    status = thread->wait_status;
    ke_guard_leave(&ke_dispatcher, old);
    return status;
}

NTSTATUS ke_wait(KWAIT_BLOCK *blocks, ULONG count, WAIT_TYPE type, const LARGE_INTEGER *timeout)
{
#if UNDIS_CHECKED
    announce_mutexes(blocks, count, timeout == NULL || timeout->QuadPart != 0);
    NTSTATUS status = wait_for(blocks, count, type, timeout);
    tell_mutexes(blocks, count, type, status);
    return status;
#else
    return wait_for(blocks, count, type, timeout);
#endif
}

static void fill_block(KWAIT_BLOCK *block, PVOID object, ULONG key)
{
    memset(block, 0, sizeof *block);
    block->Object = object;
    block->Thread = KeGetCurrentThread();
    block->WaitKey = (USHORT)key;
}

/*
 * KeWaitForSingleObject: <= APC_LEVEL in a thread of the driver's own, <= DISPATCH_LEVEL with a zero
 * time-out.  STATUS_SUCCESS or STATUS_TIMEOUT; nothing here sends APCs or alerts.  IR-13.
 */
NTSTATUS KeWaitForSingleObject(PVOID Object, KWAIT_REASON WaitReason, KPROCESSOR_MODE WaitMode,
                               BOOLEAN Alertable, PLARGE_INTEGER Timeout)
{
    ddi_enter(KeWaitForSingleObject);
    (void)WaitReason, (void)WaitMode, (void)Alertable;
    KWAIT_BLOCK block;
    fill_block(&block, Object, 0);
    return ke_wait(&block, 1, WaitAny, Timeout);
}

/*
 * KeWaitForMultipleObjects: as KeWaitForSingleObject for up to MAXIMUM_WAIT_OBJECTS objects, more than
 * THREAD_WAIT_OBJECTS of them with the caller's wait blocks.  WaitAny returns STATUS_WAIT_0 + index.
 */
NTSTATUS KeWaitForMultipleObjects(ULONG Count, PVOID Object[], WAIT_TYPE WaitType, KWAIT_REASON WaitReason,
                                  KPROCESSOR_MODE WaitMode, BOOLEAN Alertable, PLARGE_INTEGER Timeout,
                                  PKWAIT_BLOCK WaitBlockArray)
{
    ddi_enter(KeWaitForMultipleObjects);
    (void)WaitReason, (void)WaitMode, (void)Alertable;
    KWAIT_BLOCK own[THREAD_WAIT_OBJECTS];
    KWAIT_BLOCK *blocks = WaitBlockArray != NULL ? WaitBlockArray : own;
    if (Count > MAXIMUM_WAIT_OBJECTS || (WaitBlockArray == NULL && Count > THREAD_WAIT_OBJECTS)) {
        ke_bugcheck(0xC, 0, 0, 0, 0); /* MAXIMUM_WAIT_OBJECTS_EXCEEDED */
    }
    for (ULONG i = 0; i < Count; i++) {
        fill_block(&blocks[i], Object[i], i);
    }
    return ke_wait(blocks, Count, WaitType, Timeout);
}

/* KeDelayExecutionThread: <= APC_LEVEL; sleeps until the interval is over.  nf-wdm-kedelayexecutionthread. */
NTSTATUS KeDelayExecutionThread(KPROCESSOR_MODE WaitMode, BOOLEAN Alertable, PLARGE_INTEGER Interval)
{
    ddi_enter(KeDelayExecutionThread);
    (void)WaitMode, (void)Alertable;
    NTSTATUS status = ke_wait(NULL, 0, WaitAny, Interval);
    return status == STATUS_TIMEOUT ? STATUS_SUCCESS : status;
}
