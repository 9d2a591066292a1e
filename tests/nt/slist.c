/*
 * slist.c - sequenced lists: one processor's view, then all of them at once.
 */
#include <ntddk.h>

#include "check.h"
#include "machine.h"

#include <sys/mman.h>

struct item {
    SLIST_ENTRY entry;
    LONG value;
    volatile LONG owned;
};

static SLIST_HEADER head;

static void one_at_a_time(void *argument)
{
    static struct item items[3];
    (void)argument;
    memset(&head, 0xFF, sizeof(head));
    InitializeSListHead(&head);
    CHECK_EQ(ExQueryDepthSList(&head), 0);
    CHECK_PTR(InterlockedPopEntrySList(&head), NULL);
    CHECK_PTR(InterlockedFlushSList(&head), NULL);
    CHECK_PTR(InterlockedPushEntrySList(&head, &items[0].entry), NULL);
    CHECK_PTR(InterlockedPushEntrySList(&head, &items[1].entry), &items[0].entry);
    CHECK_PTR(ExInterlockedPushEntrySList(&head, &items[2].entry, NULL), &items[1].entry);
    CHECK_EQ(ExQueryDepthSList(&head), 3);
    CHECK_PTR(FirstEntrySList(&head), &items[2].entry);
    CHECK_EQ(ExQueryDepthSList(&head), 3);
    ULONGLONG before = head.Alignment >> 16;
    CHECK_PTR(InterlockedPopEntrySList(&head), &items[2].entry);
    CHECK_EQ(ExQueryDepthSList(&head), 2);
    CHECK(head.Alignment >> 16 != before);
    PSLIST_ENTRY chain = InterlockedFlushSList(&head);
    CHECK_PTR(chain, &items[1].entry);
    CHECK_PTR(chain->Next, &items[0].entry);
    CHECK_PTR(chain->Next->Next, NULL);
    CHECK_EQ(ExQueryDepthSList(&head), 0);
}

/* ---- an owner at a time, from threads, DPCs and device interrupts --------------------------------- */

#define ITEMS 32
static struct item shared[ITEMS];
static volatile LONG errors, turns;

static void take_and_give(void)
{
    struct item *item = (struct item *)InterlockedPopEntrySList(&head);
    if (item == NULL) {
        return;
    }
    if (InterlockedIncrement(&item->owned) != 1) {
        InterlockedIncrement(&errors);
    }
    item->value++; /* not atomic: the list is the lock */
    InterlockedIncrement(&turns);
    InterlockedDecrement(&item->owned);
    InterlockedPushEntrySList(&head, &item->entry);
}

static VOID take_in_dpc(PKDPC dpc, PVOID context, PVOID argument1, PVOID argument2)
{
    (void)dpc, (void)context, (void)argument1, (void)argument2;
    for (int i = 0; i < 50; i++) {
        take_and_give();
    }
}

static void take_in_thread(void *argument)
{
    (void)argument;
    for (int i = 0; i < 20000; i++) {
        take_and_give();
    }
}

static void everybody_at_once(void *argument)
{
    struct thread threads[6];
    static KDPC dpcs[4];
    (void)argument;
    InitializeSListHead(&head);
    for (int i = 0; i < ITEMS; i++) {
        InterlockedPushEntrySList(&head, &shared[i].entry);
    }
    for (int i = 0; i < 4; i++) {
        KeInitializeDpc(&dpcs[i], take_in_dpc, NULL);
        KeSetTargetProcessorDpc(&dpcs[i], (CCHAR)i);
    }
    for (int i = 0; i < 6; i++) {
        thread_start(&threads[i], take_in_thread, NULL, -1);
    }
    for (int round = 0; round < 100; round++) {
        KeInsertQueueDpc(&dpcs[round % 4], NULL, NULL);
        sleep_ms(1);
    }
    for (int i = 0; i < 6; i++) {
        thread_join(&threads[i]);
    }
    KeFlushQueuedDpcs();
    CHECK_EQ(errors, 0);
    CHECK_EQ(ExQueryDepthSList(&head), ITEMS);
    LONG total = 0, found = 0;
    for (PSLIST_ENTRY entry = InterlockedFlushSList(&head); entry != NULL; entry = entry->Next, found++) {
        total += ((struct item *)entry)->value;
    }
    CHECK_EQ(found, ITEMS);
    CHECK_EQ(total, turns);
}

static void misaligned_entry(void *argument)
{
    static char storage[64] __attribute__((aligned(16)));
    (void)argument;
    check_expected_end = UNDIS_STOPPED;
    InitializeSListHead(&head);
    InterlockedPushEntrySList(&head, (PSLIST_ENTRY)(void *)(storage + 8));
    CHECK(false);
}

/* ---- an entry whose memory another processor has popped and freed --------------------------------- */

/* What a pop that comes too late does: it looks at the first entry's link all the same. */
static void memory_gone(void *argument)
{
    void *page = mmap(NULL, PAGE_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    (void)argument;
    CHECK(page != MAP_FAILED);
    InitializeSListHead(&head);
    InterlockedPushEntrySList(&head, page);
    CHECK_EQ(munmap(page, PAGE_SIZE), 0);
    CHECK_PTR(InterlockedPopEntrySList(&head), page);
    CHECK_EQ(ExQueryDepthSList(&head), 0);
}

static const struct test_case cases[] = {
    CASE("slist.one-at-a-time", one_at_a_time, "", 1, BOTH),
    CASE("slist.everybody-at-once", everybody_at_once, "", 4, BOTH),
    CASE("slist.memory-gone", memory_gone, "", 1, FREE),
    CASE("slist.misaligned-entry", misaligned_entry, "DriverBugCheck", 1, BOTH),
};

TEST_MAIN(cases)
