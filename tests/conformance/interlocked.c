/*
 * interlocked.c - spec section 3: NdisInterlockedXxx.
 *
 * "Atomic" is tested by exact counts under contention of threads, DPCs and interrupts; pageable memory is
 * not simulated, so what the pages say about it is not tested.
 */
#include <ndis.h>

#include "machine.h"

#define WORKERS 4
#define ROUNDS 20000

static NDIS_SPIN_LOCK lock;
static LIST_ENTRY list;
static LIST_ENTRY entries[WORKERS][16];

/* Runs body(&index) in a thread on each of the processors while interrupts and DPCs come in. */
static LONG worker_index[WORKERS];
static struct isr noise;

static void run_workers(void (*body)(void *), void (*isr_body)(void *))
{
    struct thread threads[WORKERS];
    struct outside outside = {.line_count = 1};
    isr_connect(&noise, 6, 15, isr_body, NULL);
    outside.lines[0] = noise.line;
    outside_start(&outside, 100000);
    SLEEP_UNTIL(noise.runs > 0);
    for (int i = 0; i < WORKERS; i++) {
        worker_index[i] = i;
        thread_start(&threads[i], body, &worker_index[i], i);
    }
    for (int i = 0; i < WORKERS; i++) {
        thread_join(&threads[i]);
    }
    outside_stop(&outside);
    isr_disconnect(&noise);
}

/* ---- IL-1: NdisInterlockedAddUlong ------------------------------------------------------------- */

static ULONG total;

static void add_ulongs(void *argument)
{
    (void)argument;
    for (int i = 0; i < ROUNDS; i++) {
        ULONG before = NdisInterlockedAddUlong(&total, 3, &lock);
        CHECK(before % 3 == 0 && before < 3 * WORKERS * ROUNDS);
    }
    CHECK_EQ(KeGetCurrentIrql(), PASSIVE_LEVEL);
}

static void add_ulong_is_atomic_under_its_lock(void *argument)
{
    ULONG addend = 40;
    (void)argument;
    NdisAllocateSpinLock(&lock);
    CHECK_EQ(NdisInterlockedAddUlong(&addend, 2, &lock), 40); /* the original value */
    CHECK_EQ(addend, 42);
    CHECK_EQ(NdisInterlockedAddUlong(&addend, (ULONG)-2, &lock), 42);
    CHECK_EQ(addend, 40);
    run_workers(add_ulongs, NULL);
    CHECK_EQ(total, 3 * WORKERS * ROUNDS);
    NdisFreeSpinLock(&lock);
}

static volatile LONG held, wanting, done;

static void add_once(void *argument)
{
    (void)argument;
    CHECK_SOON(held == 1);
    wanting = 1;
    NdisInterlockedAddUlong(&total, 1, &lock);
    done = 1;
}

static void add_ulong_waits_for_its_lock(void *argument)
{
    struct thread thread;
    (void)argument;
    run_on(0);
    NdisAllocateSpinLock(&lock);
    thread_start(&thread, add_once, NULL, 1);
    NdisAcquireSpinLock(&lock);
    held = 1;
    CHECK_SOON(wanting == 1);
    spin_ms(50);
    CHECK_EQ(done, 0);
    CHECK_EQ(total, 0);
    NdisReleaseSpinLock(&lock);
    thread_join(&thread);
    CHECK_EQ(total, 1);
    NdisFreeSpinLock(&lock);
}

/* ---- IL-2, IL-3: from <= DISPATCH_LEVEL always; above it with a lock of its own ------------------ */

static NDIS_SPIN_LOCK isr_lock;
static ULONG isr_total;

static void add_in_isr(void *argument)
{
    (void)argument;
    NdisInterlockedAddUlong(&isr_total, 1, &isr_lock);
    CHECK_EQ(KeGetCurrentIrql(), 5);
}

static void add_ulong_at_any_irql(void *argument)
{
    ULONG addend = 0;
    (void)argument;
    NdisAllocateSpinLock(&lock);
    NdisAllocateSpinLock(&isr_lock);
    for (KIRQL irql = PASSIVE_LEVEL; irql <= DISPATCH_LEVEL; irql++) {
        KIRQL old;
        KeRaiseIrql(irql, &old);
        NdisInterlockedAddUlong(&addend, 1, &lock);
        CHECK_EQ(KeGetCurrentIrql(), irql);
        KeLowerIrql(old);
    }
    CHECK_EQ(addend, 3);
    run_as_isr(add_in_isr, NULL, 1);
    run_as_isr(add_in_isr, NULL, 0);
    CHECK_EQ(isr_total, 2);
}

static LIST_ENTRY isr_list, isr_entries[2];

static void queue_in_isr(void *argument)
{
    (void)argument;
    NdisInterlockedInsertTailList(&isr_list, &isr_entries[0], &isr_lock);
    NdisInterlockedInsertHeadList(&isr_list, &isr_entries[1], &isr_lock);
    CHECK_PTR(NdisInterlockedRemoveHeadList(&isr_list, &isr_lock), &isr_entries[1]);
    CHECK_PTR(NdisInterlockedRemoveHeadList(&isr_list, &isr_lock), &isr_entries[0]);
    CHECK_PTR(NdisInterlockedRemoveHeadList(&isr_list, &isr_lock), NULL);
    CHECK_EQ(KeGetCurrentIrql(), 5);
}

static void lists_at_any_irql(void *argument)
{
    (void)argument;
    NdisAllocateSpinLock(&lock);
    NdisAllocateSpinLock(&isr_lock);
    NdisInitializeListHead(&isr_list);
    for (KIRQL irql = PASSIVE_LEVEL; irql <= DISPATCH_LEVEL; irql++) {
        KIRQL old;
        NdisInitializeListHead(&list);
        KeRaiseIrql(irql, &old);
        NdisInterlockedInsertTailList(&list, &entries[0][0], &lock);
        NdisInterlockedInsertHeadList(&list, &entries[0][1], &lock);
        CHECK_PTR(NdisInterlockedRemoveHeadList(&list, &lock), &entries[0][1]);
        CHECK_EQ(KeGetCurrentIrql(), irql);
        KeLowerIrql(old);
    }
    run_as_isr(queue_in_isr, NULL, 1);
}

/* ---- IL-4: NdisInterlockedAddLargeStatistic ---------------------------------------------------- */

static LARGE_INTEGER statistic;

static void add_to_statistic(void *argument)
{
    (void)argument;
    for (int i = 0; i < ROUNDS; i++) {
        NdisInterlockedAddLargeStatistic(&statistic, 0xffffffff);
    }
}

static void add_to_statistic_in_isr(void *argument)
{
    (void)argument;
    NdisInterlockedAddLargeStatistic(&statistic, 0xffffffff);
}

static void large_statistic_from_threads_and_isrs(void *argument)
{
    (void)argument;
    for (KIRQL irql = PASSIVE_LEVEL; irql <= HIGH_LEVEL; irql++) {
        KIRQL old;
        KeRaiseIrql(irql, &old);
        NdisInterlockedAddLargeStatistic(&statistic, 1);
        CHECK_EQ(KeGetCurrentIrql(), irql);
        KeLowerIrql(old);
    }
    CHECK_EQ(statistic.QuadPart, 16);
    statistic.QuadPart = 0;
    run_workers(add_to_statistic, add_to_statistic_in_isr);
    CHECK(noise.runs > 0);
    CHECK_EQ(statistic.QuadPart, (LONGLONG)(WORKERS * ROUNDS + noise.runs) * 0xffffffff);
}

/* ---- IL-5, IL-6: increment and decrement ------------------------------------------------------- */

static LONG counter;

static void count_up_and_down(void *argument)
{
    (void)argument;
    for (int i = 0; i < ROUNDS; i++) {
        NdisInterlockedIncrement(&counter);
        NdisInterlockedIncrement(&counter);
        NdisInterlockedDecrement(&counter);
    }
}

static void count_up_in_isr(void *argument)
{
    (void)argument;
    NdisInterlockedIncrement(&counter);
}

static void increment_and_decrement(void *argument)
{
    LONG value = 41;
    (void)argument;
    CHECK_EQ(NdisInterlockedIncrement(&value), 42);
    CHECK_EQ(NdisInterlockedDecrement(&value), 41);
    value = 0x7fffffff;
    CHECK_EQ(NdisInterlockedIncrement(&value), -0x7fffffff - 1);
    for (KIRQL irql = PASSIVE_LEVEL; irql <= HIGH_LEVEL; irql++) {
        KIRQL old;
        KeRaiseIrql(irql, &old);
        value = 0;
        CHECK_EQ(NdisInterlockedDecrement(&value), -1);
        CHECK_EQ(NdisInterlockedIncrement(&value), 0);
        CHECK_EQ(KeGetCurrentIrql(), irql);
        KeLowerIrql(old);
    }
    run_workers(count_up_and_down, count_up_in_isr);
    CHECK_EQ(counter, WORKERS * ROUNDS + noise.runs);
}

/* ---- IL-7, IL-8: doubly linked lists ----------------------------------------------------------- */

static void insert_returns_the_neighbour(void *argument)
{
    LIST_ENTRY a, b, c;
    (void)argument;
    NdisAllocateSpinLock(&lock);
    NdisInitializeListHead(&list);
    CHECK_PTR(NdisInterlockedInsertHeadList(&list, &a, &lock), NULL);
    CHECK_PTR(NdisInterlockedInsertHeadList(&list, &b, &lock), &a);
    CHECK_PTR(NdisInterlockedInsertTailList(&list, &c, &lock), &a);
    CHECK_PTR(list.Flink, &b);
    CHECK_PTR(list.Blink, &c);
    CHECK_PTR(b.Flink, &a);
    CHECK_PTR(a.Flink, &c);
    CHECK_PTR(c.Flink, &list);
    NdisInitializeListHead(&list);
    CHECK_PTR(NdisInterlockedInsertTailList(&list, &a, &lock), NULL);
    NdisFreeSpinLock(&lock);
}

static void remove_returns_null_when_empty(void *argument)
{
    LIST_ENTRY a, b;
    (void)argument;
    NdisAllocateSpinLock(&lock);
    NdisInitializeListHead(&list);
    CHECK_PTR(NdisInterlockedRemoveHeadList(&list, &lock), NULL);
    NdisInterlockedInsertTailList(&list, &a, &lock);
    NdisInterlockedInsertTailList(&list, &b, &lock);
    CHECK_PTR(NdisInterlockedRemoveHeadList(&list, &lock), &a);
    CHECK_PTR(NdisInterlockedRemoveHeadList(&list, &lock), &b);
    CHECK_PTR(NdisInterlockedRemoveHeadList(&list, &lock), NULL);
    CHECK(IsListEmpty(&list));
    NdisFreeSpinLock(&lock);
}

/* ---- IL-9: the same list, atomically and under the lock ---------------------------------------- */

static LONG removed;

/* Each worker puts its entries in by turns of three ways and takes as many out by two. */
static void mix_ways(void *argument)
{
    int worker = *(LONG *)argument;
    for (int round = 0; round < ROUNDS; round++) {
        LIST_ENTRY *own = &entries[worker][0];
        if (round % 3 == 0) {
            NdisAcquireSpinLock(&lock);
            InsertTailList(&list, own);
            NdisReleaseSpinLock(&lock);
        } else if (round % 3 == 1) {
            NdisInterlockedInsertHeadList(&list, own, &lock);
        } else {
            NdisInterlockedInsertTailList(&list, own, &lock);
        }
        NdisAcquireSpinLock(&lock);
        RemoveEntryList(own);
        NdisReleaseSpinLock(&lock);
        own = &entries[worker][1 + round % 15];
        NdisInterlockedInsertTailList(&list, own, &lock);
        NdisAcquireSpinLock(&lock);
        RemoveEntryList(own);
        removed++;
        NdisReleaseSpinLock(&lock);
    }
}

static void atomic_and_plain_under_one_lock(void *argument)
{
    (void)argument;
    NdisAllocateSpinLock(&lock);
    NdisInitializeListHead(&list);
    run_workers(mix_ways, NULL);
    CHECK_EQ(removed, WORKERS * ROUNDS);
    CHECK(IsListEmpty(&list));
    NdisFreeSpinLock(&lock);
}

/* Every entry that goes in comes out exactly once. */
static volatile LONG taken[WORKERS][16];

static void pass_through_list(void *argument)
{
    int worker = *(LONG *)argument;
    for (int round = 0; round < ROUNDS; round++) {
        for (int i = 0; i < 16; i++) {
            if (round == 0) {
                NdisInterlockedInsertTailList(&list, &entries[worker][i], &lock);
            }
        }
        LIST_ENTRY *entry = NdisInterlockedRemoveHeadList(&list, &lock);
        if (entry != NULL) {
            size_t index = (size_t)(entry - &entries[0][0]);
            CHECK_EQ(InterlockedIncrement(&taken[index / 16][index % 16]), 1);
            InterlockedDecrement(&taken[index / 16][index % 16]);
            NdisInterlockedInsertTailList(&list, entry, &lock);
        }
    }
}

static void nothing_is_lost_or_doubled(void *argument)
{
    LONG count = 0;
    (void)argument;
    remove_returns_null_when_empty(NULL);
    NdisAllocateSpinLock(&lock);
    NdisInitializeListHead(&list);
    run_workers(pass_through_list, NULL);
    while (NdisInterlockedRemoveHeadList(&list, &lock) != NULL) {
        count++;
    }
    CHECK_EQ(count, WORKERS * 16);
    NdisFreeSpinLock(&lock);
}

/* ---- IL-10, IL-11, IL-12: sequenced lists ------------------------------------------------------ */

static SLIST_HEADER stack;
static SLIST_ENTRY stack_entries[WORKERS * 16];

static void slist_head_starts_empty(void *argument)
{
    SLIST_HEADER before, after;
    (void)argument;
    CHECK_EQ(sizeof(SLIST_HEADER), 16);
    CHECK_EQ(__alignof__(SLIST_HEADER), 16);
    NdisAllocateSpinLock(&lock);
    for (KIRQL irql = PASSIVE_LEVEL; irql <= HIGH_LEVEL; irql++) {
        KIRQL old;
        memset(&stack, 0x5a, sizeof stack);
        KeRaiseIrql(irql, &old);
        NdisInitializeSListHead(&stack);
        KeLowerIrql(old);
        CHECK_EQ(NdisQueryDepthSList(&stack), 0);
        CHECK_PTR(NdisInterlockedPopEntrySList(&stack, &lock), NULL);
    }
    before = stack;
    NdisInterlockedPushEntrySList(&stack, &stack_entries[0], &lock);
    NdisInterlockedPopEntrySList(&stack, &lock);
    after = stack;
    CHECK(memcmp(&before, &after, sizeof before) != 0); /* the sequence has moved on */
    CHECK_EQ(NdisQueryDepthSList(&stack), 0);
    NdisFreeSpinLock(&lock);
}

static volatile LONG stack_taken[WORKERS * 16];

static void pop_and_push(void *argument)
{
    (void)argument;
    for (int round = 0; round < ROUNDS; round++) {
        SLIST_ENTRY *entry = NdisInterlockedPopEntrySList(&stack, &lock);
        if (entry != NULL) {
            size_t index = (size_t)(entry - stack_entries);
            CHECK_EQ(InterlockedIncrement(&stack_taken[index]), 1);
            InterlockedDecrement(&stack_taken[index]);
            NdisInterlockedPushEntrySList(&stack, entry, &lock);
        }
    }
}

static void push_and_pop_return_the_former_first(void *argument)
{
    int count = 0;
    (void)argument;
    NdisAllocateSpinLock(&lock);
    NdisInitializeSListHead(&stack);
    CHECK_PTR(NdisInterlockedPushEntrySList(&stack, &stack_entries[0], &lock), NULL);
    CHECK_PTR(NdisInterlockedPushEntrySList(&stack, &stack_entries[1], &lock), &stack_entries[0]);
    CHECK_PTR(NdisInterlockedPopEntrySList(&stack, &lock), &stack_entries[1]);
    CHECK_PTR(NdisInterlockedPopEntrySList(&stack, &lock), &stack_entries[0]);
    CHECK_PTR(NdisInterlockedPopEntrySList(&stack, &lock), NULL);
    for (int i = 0; i < WORKERS * 16; i++) {
        NdisInterlockedPushEntrySList(&stack, &stack_entries[i], &lock);
    }
    run_workers(pop_and_push, NULL);
    while (NdisInterlockedPopEntrySList(&stack, &lock) != NULL) {
        count++;
    }
    CHECK_EQ(count, WORKERS * 16);
    NdisFreeSpinLock(&lock);
}

static void depth_counts_entries(void *argument)
{
    (void)argument;
    NdisAllocateSpinLock(&lock);
    NdisInitializeSListHead(&stack);
    for (int i = 0; i < WORKERS * 16; i++) {
        CHECK_EQ(NdisQueryDepthSList(&stack), i);
        NdisInterlockedPushEntrySList(&stack, &stack_entries[i], &lock);
    }
    KIRQL old = KeRaiseIrqlToDpcLevel();
    CHECK_EQ(NdisQueryDepthSList(&stack), WORKERS * 16);
    KeLowerIrql(old);
    NdisInterlockedPopEntrySList(&stack, &lock);
    CHECK_EQ(NdisQueryDepthSList(&stack), WORKERS * 16 - 1);
    NdisFreeSpinLock(&lock);
}

/* ---- IL-13: links that disagree ---------------------------------------------------------------- */

static void healthy_list(void *argument)
{
    LIST_ENTRY head, a, b;
    (void)argument;
    InitializeListHead(&head);
    InsertTailList(&head, &a);
    InsertHeadList(&head, &b);
    CHECK_EQ(RemoveEntryList(&a), FALSE);
    CHECK_EQ(RemoveEntryList(&b), TRUE); /* the list is empty now */
    InsertTailList(&head, &a);
    CHECK_PTR(RemoveHeadList(&head), &a);
    CHECK_PTR(RemoveHeadList(&head), &head); /* empty: the head itself, unlike IL-8 */
}

static void remove_twice(void *argument)
{
    LIST_ENTRY head, a, b;
    (void)argument;
    check_expected_end = UNDIS_STOPPED;
    InitializeListHead(&head);
    InsertTailList(&head, &a);
    InsertTailList(&head, &b);
    RemoveEntryList(&a);
    RemoveEntryList(&a);
    CHECK(false);
}

static void insert_into_damaged(void *argument)
{
    LIST_ENTRY head, a, b;
    (void)argument;
    check_expected_end = UNDIS_STOPPED;
    InitializeListHead(&head);
    InsertTailList(&head, &a);
    a.Flink = &b; /* as a second insertion elsewhere would */
    InsertTailList(&head, &b);
    CHECK(false);
}

/* clang-format off */
static const struct test_case cases[] = {
    CASE("IL-1", add_ulong_is_atomic_under_its_lock, "", WORKERS, BOTH),
    CASE("IL-1-waits", add_ulong_waits_for_its_lock, "", 2, BOTH),
    CASE("IL-2", add_ulong_at_any_irql, "", 2, BOTH),
    CASE("IL-3", lists_at_any_irql, "", 2, BOTH),
    CASE("IL-4", large_statistic_from_threads_and_isrs, "", WORKERS, BOTH),
    CASE("IL-5", increment_and_decrement, "", WORKERS, BOTH),
    CASE("IL-6", increment_and_decrement, "", WORKERS, BOTH),
    CASE("IL-7", insert_returns_the_neighbour, "", 2, BOTH),
    CASE("IL-8", nothing_is_lost_or_doubled, "", WORKERS, BOTH),
    CASE("IL-9", atomic_and_plain_under_one_lock, "", WORKERS, BOTH),
    CASE("IL-10", slist_head_starts_empty, "", 2, BOTH),
    CASE("IL-11", push_and_pop_return_the_former_first, "", WORKERS, BOTH),
    CASE("IL-12", depth_counts_entries, "", 2, BOTH),
    CASE("IL-13", healthy_list, "", 2, BOTH),
    CASE("IL-13-removed-twice", remove_twice, "ListCorrupt", 2, BOTH),
    CASE("IL-13-damaged", insert_into_damaged, "ListCorrupt", 2, BOTH),
};
/* clang-format on */

TEST_MAIN(cases)
