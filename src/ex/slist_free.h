/*
 * slist_free.h - part of slist.c: its operations without a lock, for the free build: the whole header, 16
 * bytes, is exchanged at once.
 *
 * Every change adds one to the sequence, 48 bits, so that a header that went from A to B and back to A is
 * another one: what was prepared for the old A is not put into it.  A pop reads the first entry's link before
 * it knows that the entry is still there.  Somebody may have popped it and freed its memory meanwhile; then
 * the sequence has changed, the link that was read is thrown away, and that the memory may be gone is what
 * host_load_gone is for.
 */
#ifndef UNDIS_EX_SLIST_FREE_H
#define UNDIS_EX_SLIST_FREE_H

#include "host/host.h"

#include <wdm.h>

/*
 * Replaces the header when it is still *seen; else *seen is what it is now.  A full barrier: what was written
 * to an entry is visible to who pops it.
 */
static inline bool slist_exchange(PSLIST_HEADER head, SLIST_HEADER *seen, uint64_t word, const void *first)
{
    bool done;
    uint64_t low = seen->Alignment, high = seen->Region;
    __asm__ volatile("lock cmpxchg16b %1"
                     : "=@ccz"(done), "+m"(*head), "+a"(low), "+d"(high)
                     : "b"(word), "c"((uint64_t)(uintptr_t)first)
                     : "memory");
    seen->Alignment = low;
    seen->Region = high;
    return done;
}

/* Two loads that need not belong together: slist_exchange finds out. */
static inline SLIST_HEADER slist_look(PSLIST_HEADER head)
{
    SLIST_HEADER seen;
    seen.Alignment = __atomic_load_n(&head->Alignment, __ATOMIC_ACQUIRE);
    seen.Region = __atomic_load_n(&head->Region, __ATOMIC_ACQUIRE);
    return seen;
}

static inline PSLIST_ENTRY slist_push(PSLIST_HEADER head, PSLIST_ENTRY entry)
{
    SLIST_HEADER seen = slist_look(head);
    do {
        entry->Next = slist_first(&seen);
    } while (!slist_exchange(head, &seen, slist_next(seen.Alignment, seen.Alignment + 1), entry));
    return slist_first(&seen);
}

static inline PSLIST_ENTRY slist_pop(PSLIST_HEADER head)
{
    SLIST_HEADER seen = slist_look(head);
    PSLIST_ENTRY first, second;
    do {
        first = slist_first(&seen);
        if (first == NULL) {
            return NULL;
        }
        second = (PSLIST_ENTRY)(uintptr_t)host_load_gone(
            (const volatile uint64_t *)(const volatile void *)&first->Next);
    } while (!slist_exchange(head, &seen, slist_next(seen.Alignment, seen.Alignment - 1), second));
    return first;
}

static inline PSLIST_ENTRY slist_flush(PSLIST_HEADER head)
{
    SLIST_HEADER seen = slist_look(head);
    do {
        if (slist_first(&seen) == NULL) {
            return NULL;
        }
    } while (!slist_exchange(head, &seen, slist_next(seen.Alignment, 0), NULL));
    return slist_first(&seen);
}

#endif
