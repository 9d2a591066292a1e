/*
 * sync.c - what ex and io build on waits: fast mutexes, run-down protection, remove locks, cancel-safe
 * queues.
 */
#include <ntddk.h>

#include "check.h"
#include "machine.h"

/* ---- fast and guarded mutexes -------------------------------------------------------------------- */

static FAST_MUTEX fast;
static KGUARDED_MUTEX guarded;
static LONG counter; /* not atomic: the mutex is what protects it */
static volatile LONG inside, errors;

static void count_inside(void)
{
    if (InterlockedIncrement(&inside) != 1) {
        InterlockedIncrement(&errors);
    }
    counter++;
    InterlockedDecrement(&inside);
}

static void take_turns(void *argument)
{
    for (int i = 0; i < 2000; i++) {
        if (argument != NULL) {
            KeAcquireGuardedMutex(&guarded);
            count_inside();
            KeReleaseGuardedMutex(&guarded);
            continue;
        }
        ExAcquireFastMutex(&fast);
        if (KeGetCurrentIrql() != APC_LEVEL) {
            InterlockedIncrement(&errors);
        }
        count_inside();
        ExReleaseFastMutex(&fast);
    }
}

static void excluded(void *kind)
{
    struct thread threads[6];
    ExInitializeFastMutex(&fast);
    KeInitializeGuardedMutex(&guarded);
    counter = 0;
    for (int i = 0; i < 6; i++) {
        thread_start(&threads[i], take_turns, kind, -1);
    }
    for (int i = 0; i < 6; i++) {
        thread_join(&threads[i]);
    }
    CHECK_EQ(counter, 12000);
    CHECK_EQ(errors, 0);
    CHECK_EQ(KeGetCurrentIrql(), PASSIVE_LEVEL);
}

static void fast_mutex(void *argument)
{
    (void)argument;
    excluded(NULL);
    CHECK(ExTryToAcquireFastMutex(&fast));
    CHECK_EQ(KeGetCurrentIrql(), APC_LEVEL);
    CHECK(!ExTryToAcquireFastMutex(&fast));
    CHECK_EQ(KeGetCurrentIrql(), APC_LEVEL);
    ExReleaseFastMutex(&fast);
    CHECK_EQ(KeGetCurrentIrql(), PASSIVE_LEVEL);
}

static void guarded_mutex(void *argument)
{
    (void)argument;
    excluded(&guarded);
    CHECK(KeTryToAcquireGuardedMutex(&guarded));
    CHECK(!KeTryToAcquireGuardedMutex(&guarded));
    KeReleaseGuardedMutex(&guarded);
}

static void released_by_a_stranger(void *argument)
{
    (void)argument;
    check_expected_end = UNDIS_STOPPED;
    ExInitializeFastMutex(&fast);
    ExReleaseFastMutexUnsafe(&fast);
    CHECK(false);
}

/* ---- reader/writer spin locks -------------------------------------------------------------------- */

static EX_SPIN_LOCK rw;
static volatile LONG readers, most_readers, writers;
static LONG first_half, second_half;

static void read_once(bool at_dispatch)
{
    KIRQL old = DISPATCH_LEVEL;
    if (at_dispatch) {
        ExAcquireSpinLockSharedAtDpcLevel(&rw);
    } else {
        old = ExAcquireSpinLockShared(&rw);
    }
    LONG now = InterlockedIncrement(&readers);
    if (now > most_readers) {
        most_readers = now;
    }
    if (writers != 0 || first_half != second_half || KeGetCurrentIrql() != DISPATCH_LEVEL) {
        InterlockedIncrement(&errors);
    }
    InterlockedDecrement(&readers);
    if (at_dispatch) {
        ExReleaseSpinLockSharedFromDpcLevel(&rw);
    } else {
        ExReleaseSpinLockShared(&rw, old);
    }
}

static void write_once(bool at_dispatch)
{
    KIRQL old = DISPATCH_LEVEL;
    if (at_dispatch) {
        ExAcquireSpinLockExclusiveAtDpcLevel(&rw);
    } else {
        old = ExAcquireSpinLockExclusive(&rw);
    }
    if (InterlockedIncrement(&writers) != 1 || readers != 0) {
        InterlockedIncrement(&errors);
    }
    first_half++;
    second_half++;
    InterlockedDecrement(&writers);
    if (at_dispatch) {
        ExReleaseSpinLockExclusiveFromDpcLevel(&rw);
    } else {
        ExReleaseSpinLockExclusive(&rw, old);
    }
}

static void read_and_write(void *argument)
{
    (void)argument;
    for (int i = 0; i < 3000; i++) {
        if (i % 8 == 0) {
            write_once(false);
        } else {
            read_once(false);
        }
    }
}

static VOID read_and_write_in_dpc(PKDPC dpc, PVOID context, PVOID argument1, PVOID argument2)
{
    (void)dpc, (void)context, (void)argument1, (void)argument2;
    read_once(true);
    write_once(true);
}

static void reader_writer_spin_lock(void *argument)
{
    struct thread threads[4];
    static KDPC dpcs[4];
    LONG queued = 0;
    (void)argument;
    for (int i = 0; i < 4; i++) {
        KeInitializeDpc(&dpcs[i], read_and_write_in_dpc, NULL);
        KeSetTargetProcessorDpc(&dpcs[i], (CCHAR)i);
        thread_start(&threads[i], read_and_write, NULL, i);
    }
    for (int i = 0; i < 100; i++) {
        queued += KeInsertQueueDpc(&dpcs[i % 4], NULL, NULL);
        sleep_ms(1);
    }
    for (int i = 0; i < 4; i++) {
        thread_join(&threads[i]);
    }
    KeFlushQueuedDpcs();
    CHECK_EQ(errors, 0);
    CHECK_EQ(first_half, 4 * 375 + queued);
    CHECK_EQ(rw, 0);
    CHECK(most_readers >= 1);
}

/* ---- run-down and remove locks ------------------------------------------------------------------- */

static EX_RUNDOWN_REF reference;
static IO_REMOVE_LOCK remove_lock;
static volatile LONG in_use, refused, ended, used_after_end;
static volatile BOOLEAN with_remove_lock;

static bool enter(void)
{
    return with_remove_lock ? NT_SUCCESS(IoAcquireRemoveLock(&remove_lock, NULL))
                            : ExAcquireRundownProtection(&reference);
}

static void use_until_refused(void *argument)
{
    (void)argument;
    while (enter()) {
        InterlockedIncrement(&in_use);
        if (ended) {
            InterlockedIncrement(&used_after_end);
        }
        spin_ms(0);
        InterlockedDecrement(&in_use);
        if (with_remove_lock) {
            IoReleaseRemoveLock(&remove_lock, NULL);
        } else {
            ExReleaseRundownProtection(&reference);
        }
    }
    InterlockedIncrement(&refused);
}

static void run_down(bool remove)
{
    for (int round = 0; round < 20; round++) {
        struct thread threads[4];
        with_remove_lock = remove;
        ended = 0;
        refused = 0;
        ExInitializeRundownProtection(&reference);
        IoInitializeRemoveLock(&remove_lock, 0, 0, 0);
        for (int i = 0; i < 4; i++) {
            thread_start(&threads[i], use_until_refused, NULL, -1);
        }
        sleep_ms(3);
        if (remove) {
            CHECK_EQ(IoAcquireRemoveLock(&remove_lock, NULL), STATUS_SUCCESS);
            IoReleaseRemoveLockAndWait(&remove_lock, NULL);
        } else {
            ExWaitForRundownProtectionRelease(&reference);
        }
        ended = 1;
        CHECK_EQ(in_use, 0);
        for (int i = 0; i < 4; i++) {
            thread_join(&threads[i]);
        }
        CHECK_EQ(refused, 4);
        CHECK_EQ(used_after_end, 0);
    }
}

static void rundown_protection(void *argument)
{
    (void)argument;
    run_down(false);
    CHECK(!ExAcquireRundownProtection(&reference));
    ExReInitializeRundownProtection(&reference);
    CHECK(ExAcquireRundownProtection(&reference));
    ExReleaseRundownProtection(&reference);
    ExWaitForRundownProtectionRelease(&reference);
    ExRundownCompleted(&reference);
    ExWaitForRundownProtectionRelease(&reference);
}

static void remove_locks(void *argument)
{
    (void)argument;
    run_down(true);
}

/* ---- cancel-safe queues -------------------------------------------------------------------------- */

static struct queue {
    IO_CSQ csq;
    KSPIN_LOCK lock;
    LIST_ENTRY list;
} queue;
static volatile LONG cancelled;

static VOID queue_insert(PIO_CSQ csq, PIRP irp)
{
    (void)csq;
    InsertTailList(&queue.list, &irp->Tail.Overlay.ListEntry);
}

static VOID queue_remove(PIO_CSQ csq, PIRP irp)
{
    (void)csq;
    RemoveEntryList(&irp->Tail.Overlay.ListEntry);
}

static PIRP queue_peek(PIO_CSQ csq, PIRP irp, PVOID context)
{
    (void)csq, (void)context;
    PLIST_ENTRY next = irp == NULL ? queue.list.Flink : irp->Tail.Overlay.ListEntry.Flink;
    return next == &queue.list ? NULL : CONTAINING_RECORD(next, IRP, Tail.Overlay.ListEntry);
}

static VOID queue_acquire(PIO_CSQ csq, PKIRQL irql)
{
    (void)csq;
    KeAcquireSpinLock(&queue.lock, irql);
}

static VOID queue_release(PIO_CSQ csq, KIRQL irql)
{
    (void)csq;
    KeReleaseSpinLock(&queue.lock, irql);
}

static VOID queue_cancelled(PIO_CSQ csq, PIRP irp)
{
    (void)csq;
    irp->IoStatus.Status = STATUS_CANCELLED;
    InterlockedIncrement(&cancelled);
}

static PIRP new_request(void)
{
    PIRP irp = IoAllocateIrp(1, FALSE);
    IoSetNextIrpStackLocation(irp);
    return irp;
}

static void queue_set_up(void)
{
    KeInitializeSpinLock(&queue.lock);
    InitializeListHead(&queue.list);
    CHECK_EQ(IoCsqInitialize(&queue.csq, queue_insert, queue_remove, queue_peek, queue_acquire, queue_release,
                             queue_cancelled),
             STATUS_SUCCESS);
}

static void cancel_safe_queue(void *argument)
{
    IO_CSQ_IRP_CONTEXT context;
    PIRP irps[4];
    (void)argument;
    queue_set_up();
    for (int i = 0; i < 4; i++) {
        irps[i] = new_request();
    }
    IoCsqInsertIrp(&queue.csq, irps[0], NULL);
    IoCsqInsertIrp(&queue.csq, irps[1], &context);
    IoCsqInsertIrp(&queue.csq, irps[2], NULL);
    CHECK(IoCancelIrp(irps[3]) == FALSE);
    IoCsqInsertIrp(&queue.csq, irps[3], NULL); /* cancelled before */
    CHECK_EQ(cancelled, 1);
    CHECK(IoCancelIrp(irps[0]));
    CHECK_EQ(cancelled, 2);
    CHECK_PTR(IoCsqRemoveIrp(&queue.csq, &context), irps[1]);
    CHECK_PTR(IoCsqRemoveIrp(&queue.csq, &context), NULL);
    CHECK(!IoCancelIrp(irps[1]));
    CHECK_PTR(IoCsqRemoveNextIrp(&queue.csq, NULL), irps[2]);
    CHECK_PTR(IoCsqRemoveNextIrp(&queue.csq, NULL), NULL);
    CHECK_EQ(cancelled, 2);
    for (int i = 0; i < 4; i++) {
        IoFreeIrp(irps[i]);
    }
}

#define RACES 300
static PIRP racing[RACES];
static volatile LONG dequeued;

static void cancel_all(void *argument)
{
    (void)argument;
    for (int i = 0; i < RACES; i++) {
        IoCancelIrp(racing[i]);
    }
}

static void dequeue_all(void *argument)
{
    (void)argument;
    for (int i = 0; i < RACES; i++) {
        PIRP irp = IoCsqRemoveNextIrp(&queue.csq, NULL);
        if (irp != NULL) {
            irp->IoStatus.Status = STATUS_SUCCESS;
            InterlockedIncrement(&dequeued);
        }
    }
}

/* Each request ends in exactly one way. */
static void cancelling_races_with_removal(void *argument)
{
    struct thread threads[2];
    (void)argument;
    queue_set_up();
    for (int i = 0; i < RACES; i++) {
        racing[i] = new_request();
        racing[i]->IoStatus.Status = STATUS_PENDING;
        IoCsqInsertIrp(&queue.csq, racing[i], NULL);
    }
    thread_start(&threads[0], cancel_all, NULL, 0);
    thread_start(&threads[1], dequeue_all, NULL, 1);
    thread_join(&threads[0]);
    thread_join(&threads[1]);
    while (IoCsqRemoveNextIrp(&queue.csq, NULL) != NULL) {
        dequeued++;
    }
    CHECK_EQ(cancelled + dequeued, RACES);
    for (int i = 0; i < RACES; i++) {
        CHECK(racing[i]->IoStatus.Status != STATUS_PENDING);
        IoFreeIrp(racing[i]);
    }
}

/* ---- one-time initialization ---------------------------------------------------------------------- */

static RTL_RUN_ONCE once = RTL_RUN_ONCE_INIT;
static volatile LONG attempts, refusals;
static char made[16] __attribute__((aligned(16)));

/* Fails so often as `refusals` says, slowly. */
static ULONG NTAPI make_once(PRTL_RUN_ONCE run_once, PVOID parameter, PVOID *context)
{
    LARGE_INTEGER soon = {.QuadPart = -20000};
    CHECK_PTR(run_once, &once);
    CHECK_EQ(InterlockedIncrement(&inside), 1);
    KeDelayExecutionThread(KernelMode, FALSE, &soon);
    InterlockedDecrement(&inside);
    InterlockedIncrement(&attempts);
    if (InterlockedDecrement(&refusals) >= 0) {
        return 0;
    }
    *context = parameter;
    return 1;
}

static void run_once_each(void *argument)
{
    void *context = NULL;
    NTSTATUS status;
    (void)argument;
    while ((status = RtlRunOnceExecuteOnce(&once, make_once, made, &context)) != STATUS_SUCCESS) {
        CHECK_EQ(status, STATUS_UNSUCCESSFUL);
    }
    CHECK_PTR(context, made);
}

static void run_once_by_one(void *argument)
{
    struct thread threads[4];
    PVOID context = NULL;
    (void)argument;
    RtlRunOnceInitialize(&once);
    CHECK_EQ(RtlRunOnceBeginInitialize(&once, RTL_RUN_ONCE_CHECK_ONLY, &context), STATUS_UNSUCCESSFUL);
    CHECK_EQ(RtlRunOnceComplete(&once, 0, made), STATUS_UNSUCCESSFUL); /* nobody has begun */
    refusals = 2;
    for (int i = 0; i < 4; i++) {
        thread_start(&threads[i], run_once_each, NULL, -1);
    }
    for (int i = 0; i < 4; i++) {
        thread_join(&threads[i]);
    }
    CHECK_EQ(attempts, 3); /* two that fail, one that does not */
    CHECK_EQ(RtlRunOnceBeginInitialize(&once, RTL_RUN_ONCE_CHECK_ONLY, &context), STATUS_SUCCESS);
    CHECK_PTR(context, made);
    CHECK_EQ(RtlRunOnceComplete(&once, 0, made), STATUS_UNSUCCESSFUL); /* it is over */
}

static void run_once_by_many(void *argument)
{
    PVOID context = NULL;
    (void)argument;
    RtlRunOnceInitialize(&once);
    CHECK_EQ(RtlRunOnceBeginInitialize(&once, RTL_RUN_ONCE_ASYNC, &context), STATUS_PENDING);
    CHECK_EQ(RtlRunOnceBeginInitialize(&once, RTL_RUN_ONCE_ASYNC, &context), STATUS_PENDING);
    CHECK(!NT_SUCCESS(RtlRunOnceBeginInitialize(&once, 0, &context))); /* all of them or nobody */
    CHECK(!NT_SUCCESS(RtlRunOnceComplete(&once, 0, made)));
    CHECK(!NT_SUCCESS(RtlRunOnceComplete(&once, RTL_RUN_ONCE_ASYNC, made + 1))); /* its low bits are taken */
    CHECK_EQ(RtlRunOnceComplete(&once, RTL_RUN_ONCE_ASYNC, made), STATUS_SUCCESS);
    CHECK_EQ(RtlRunOnceComplete(&once, RTL_RUN_ONCE_ASYNC, NULL), STATUS_UNSUCCESSFUL); /* too late */
    CHECK_EQ(RtlRunOnceBeginInitialize(&once, RTL_RUN_ONCE_ASYNC, &context), STATUS_SUCCESS);
    CHECK_PTR(context, made);
    CHECK(!NT_SUCCESS(RtlRunOnceBeginInitialize(&once, RTL_RUN_ONCE_ASYNC | RTL_RUN_ONCE_CHECK_ONLY, NULL)));
}

static const struct test_case cases[] = {
    CASE("sync.fast-mutex", fast_mutex, "", 4, BOTH),
    CASE("sync.guarded-mutex", guarded_mutex, "", 4, BOTH),
    CASE("sync.released-by-a-stranger", released_by_a_stranger, "", 1, FREE),
    CASE("sync.reader-writer-spin-lock", reader_writer_spin_lock, "", 4, BOTH),
    CASE("sync.rundown-protection", rundown_protection, "", 4, BOTH),
    CASE("sync.remove-locks", remove_locks, "", 4, BOTH),
    CASE("sync.cancel-safe-queue", cancel_safe_queue, "", 1, BOTH),
    CASE("sync.run-once-by-one", run_once_by_one, "", 2, BOTH),
    CASE("sync.run-once-by-many", run_once_by_many, "", 1, BOTH),
    CASE("sync.cancelling-races-with-removal", cancelling_races_with_removal, "", 2, BOTH),
};

TEST_MAIN(cases)
