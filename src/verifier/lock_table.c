/*
 * lock_table.c - a hash table of lock records whose buckets are chosen by page, so that the locks in a freed
 * block are found without a search of the whole table.
 */
#include "verifier/lock_table.h"
#include "host/memory.h"

#include <string.h>

#define BUCKETS 4096
#define PAGE_SHIFT_OF_TABLE 12
#define ARENA_SIZE (1u << 20)

struct bucket {
    struct ke_guard guard;
    struct lock_record *volatile first;
};

static struct bucket buckets[BUCKETS];
static volatile unsigned live_records;

static HOST_HOT struct ke_guard arena_guard = {0};
static HOST_HOT struct lock_record *free_records = NULL;
static HOST_HOT char *arena_next = NULL, *arena_end = NULL;

static struct bucket *bucket_of_page(uintptr_t page)
{
    return &buckets[(page * 0x9E3779B97F4A7C15u) >> 52 & (BUCKETS - 1)];
}

static struct bucket *bucket_of(const void *lock)
{
    return bucket_of_page((uintptr_t)lock >> PAGE_SHIFT_OF_TABLE);
}

static struct lock_record *record_allocate(void)
{
    KIRQL old = ke_guard_enter_quietly(&arena_guard);
    struct lock_record *record = free_records;
    if (record != NULL) {
        free_records = record->next;
    } else {
        if ((size_t)(arena_end - arena_next) < sizeof(*record)) {
            void *arena = host_allocate(ARENA_SIZE);
            if (arena != NULL) {
                arena_next = arena;
                arena_end = arena_next + ARENA_SIZE;
            }
        }
        if ((size_t)(arena_end - arena_next) >= sizeof(*record)) {
            record = (struct lock_record *)(void *)arena_next;
            arena_next += sizeof(*record);
        }
    }
    ke_guard_leave(&arena_guard, old);
    return record;
}

static void record_free(struct lock_record *record)
{
    KIRQL old = ke_guard_enter_quietly(&arena_guard);
    record->next = free_records;
    free_records = record;
    ke_guard_leave(&arena_guard, old);
}

struct lock_record *lock_enter(const void *lock, bool make, KIRQL *old)
{
    struct bucket *bucket = bucket_of(lock);
    *old = ke_guard_enter_quietly(&bucket->guard);
    struct lock_record *record = bucket->first;
    while (record != NULL && record->address != (uintptr_t)lock) {
        record = record->next;
    }
    if (record == NULL && make) {
        record = record_allocate();
        if (record != NULL) {
            memset(record, 0, sizeof(*record));
            record->address = (uintptr_t)lock;
            record->owner = LOCK_NO_OWNER;
            record->next = bucket->first;
            bucket->first = record;
            __atomic_fetch_add(&live_records, 1, __ATOMIC_RELAXED);
        }
    }
    return record;
}

void lock_leave(const void *lock, KIRQL old)
{
    ke_guard_leave(&bucket_of(lock)->guard, old);
}

int lock_owner(const void *lock, struct stack_trace *acquired)
{
    KIRQL old;
    struct lock_record *record = lock_enter(lock, false, &old);
    int owner = record != NULL ? lock_holder(record) : LOCK_NO_OWNER;
    if (owner != LOCK_NO_OWNER && acquired != NULL) {
        *acquired = record->acquired;
    }
    lock_leave(lock, old);
    return owner;
}

static void forget_in(struct bucket *bucket, uintptr_t low, uintptr_t high,
                      void (*visit)(struct lock_record *, void *), void *argument)
{
    if (bucket->first == NULL) {
        return;
    }
    KIRQL old = ke_guard_enter_quietly(&bucket->guard);
    struct lock_record *volatile *link = &bucket->first;
    while (*link != NULL) {
        struct lock_record *record = *link;
        if (record->address < low || record->address >= high) {
            link = (struct lock_record *volatile *)&record->next;
            continue;
        }
        if (visit != NULL) {
            visit(record, argument);
        }
        lock_statistics_keep(record);
        *link = record->next;
        __atomic_fetch_sub(&live_records, 1, __ATOMIC_RELAXED);
        record_free(record);
    }
    ke_guard_leave(&bucket->guard, old);
}

void lock_forget(uintptr_t low, uintptr_t high, void (*visit)(struct lock_record *, void *), void *argument)
{
    if (low >= high || live_records == 0) {
        return;
    }
    uintptr_t first = low >> PAGE_SHIFT_OF_TABLE, last = (high - 1) >> PAGE_SHIFT_OF_TABLE;
    if (last - first >= BUCKETS) {
        for (unsigned i = 0; i < BUCKETS; i++) {
            forget_in(&buckets[i], low, high, visit, argument);
        }
        return;
    }
    for (uintptr_t page = first; page <= last; page++) {
        forget_in(bucket_of_page(page), low, high, visit, argument);
    }
}

void lock_each(void (*visit)(struct lock_record *, void *), void *argument)
{
    for (unsigned i = 0; i < BUCKETS; i++) {
        KIRQL old = ke_guard_enter_quietly(&buckets[i].guard);
        for (struct lock_record *record = buckets[i].first; record != NULL; record = record->next) {
            visit(record, argument);
        }
        ke_guard_leave(&buckets[i].guard, old);
    }
}
