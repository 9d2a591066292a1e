/*
 * interlocked.c - ExInterlockedXxx on counters and lists (spec section 3; contract in interlocked.h).
 */
#include "ex/interlocked.h"
#include "ke/ddi.h"

#undef ExInterlockedAddUlong
#undef ExInterlockedAddLargeInteger
#undef ExInterlockedAddLargeStatistic
#undef ExInterlockedInsertHeadList
#undef ExInterlockedInsertTailList
#undef ExInterlockedRemoveHeadList
#undef ExInterlockedPushEntryList
#undef ExInterlockedPopEntryList

/* Each access is announced right before it is made. */
#if UNDIS_CHECKED
#define READS(place) ke_access(&(place), sizeof(place), ACCESS_LIBRARY, pc)
#define WRITES(place) ke_access(&(place), sizeof(place), ACCESS_LIBRARY | ACCESS_WRITE, pc)
#else
#define READS(place) ((void)pc)
#define WRITES(place) ((void)pc)
#endif

ULONG ex_interlocked_add_ulong(PULONG addend, ULONG increment, PKSPIN_LOCK lock, enum lock_flavor flavor,
                               uintptr_t pc)
{
    struct ex_interlocked section = ex_interlocked_begin(lock, flavor, addend);
    READS(*addend);
    ULONG before = *addend;
    WRITES(*addend);
    *addend = before + increment;
    ex_interlocked_end(&section);
    return before;
}

LARGE_INTEGER ex_interlocked_add_large(PLARGE_INTEGER addend, LONGLONG increment, PKSPIN_LOCK lock,
                                       enum lock_flavor flavor, uintptr_t pc)
{
    struct ex_interlocked section = ex_interlocked_begin(lock, flavor, addend);
    READS(*addend);
    LARGE_INTEGER before = *addend;
    WRITES(*addend);
    addend->QuadPart = before.QuadPart + increment;
    ex_interlocked_end(&section);
    return before;
}

/* ---- lists --------------------------------------------------------------------------------------- */

static PLIST_ENTRY next_of(PLIST_ENTRY entry, uintptr_t pc)
{
    READS(entry->Flink);
    return entry->Flink;
}

static PLIST_ENTRY previous_of(PLIST_ENTRY entry, uintptr_t pc)
{
    READS(entry->Blink);
    return entry->Blink;
}

static void join(PLIST_ENTRY previous, PLIST_ENTRY next, uintptr_t pc)
{
    WRITES(previous->Flink);
    previous->Flink = next;
    WRITES(next->Blink);
    next->Blink = previous;
}

/* An entry that is put where it is already, or a head for an entry. */
static bool is_new(PLIST_ENTRY head, PLIST_ENTRY neighbour, PLIST_ENTRY entry)
{
    return !UNDIS_CHECKED || (entry != head && entry != neighbour);
}

/* As InsertHeadList and InsertTailList do: a list whose links disagree stops the machine. */
static void insert_between(PLIST_ENTRY previous, PLIST_ENTRY entry, PLIST_ENTRY next, uintptr_t pc)
{
    WRITES(*entry);
    entry->Flink = next;
    entry->Blink = previous;
    WRITES(next->Blink);
    next->Blink = entry;
    WRITES(previous->Flink);
    previous->Flink = entry;
}

PLIST_ENTRY ex_interlocked_insert_head(PLIST_ENTRY head, PLIST_ENTRY entry, PKSPIN_LOCK lock,
                                       enum lock_flavor flavor, uintptr_t pc)
{
    struct ex_interlocked section = ex_interlocked_begin(lock, flavor, head);
    PLIST_ENTRY first = next_of(head, pc);
    if (previous_of(first, pc) != head || !is_new(head, first, entry)) {
        RtlFailFast(FAST_FAIL_CORRUPT_LIST_ENTRY);
    }
    insert_between(head, entry, first, pc);
    ex_interlocked_end(&section);
    return first == head ? NULL : first;
}

PLIST_ENTRY ex_interlocked_insert_tail(PLIST_ENTRY head, PLIST_ENTRY entry, PKSPIN_LOCK lock,
                                       enum lock_flavor flavor, uintptr_t pc)
{
    struct ex_interlocked section = ex_interlocked_begin(lock, flavor, head);
    PLIST_ENTRY last = previous_of(head, pc);
    if (next_of(last, pc) != head || !is_new(head, last, entry)) {
        RtlFailFast(FAST_FAIL_CORRUPT_LIST_ENTRY);
    }
    insert_between(last, entry, head, pc);
    ex_interlocked_end(&section);
    return last == head ? NULL : last;
}

PLIST_ENTRY ex_interlocked_remove_head(PLIST_ENTRY head, PKSPIN_LOCK lock, enum lock_flavor flavor,
                                       uintptr_t pc)
{
    struct ex_interlocked section = ex_interlocked_begin(lock, flavor, head);
    PLIST_ENTRY first = next_of(head, pc);
    if (first != head) {
        PLIST_ENTRY second = next_of(first, pc);
        if (previous_of(first, pc) != head || previous_of(second, pc) != first) {
            RtlFailFast(FAST_FAIL_CORRUPT_LIST_ENTRY);
        }
        join(head, second, pc);
    }
    ex_interlocked_end(&section);
    return first == head ? NULL : first;
}

PSINGLE_LIST_ENTRY ex_interlocked_push(PSINGLE_LIST_ENTRY head, PSINGLE_LIST_ENTRY entry, PKSPIN_LOCK lock,
                                       enum lock_flavor flavor, uintptr_t pc)
{
    struct ex_interlocked section = ex_interlocked_begin(lock, flavor, head);
    READS(head->Next);
    PSINGLE_LIST_ENTRY first = head->Next;
    WRITES(entry->Next);
    entry->Next = first;
    WRITES(head->Next);
    head->Next = entry;
    ex_interlocked_end(&section);
    return first;
}

PSINGLE_LIST_ENTRY ex_interlocked_pop(PSINGLE_LIST_ENTRY head, PKSPIN_LOCK lock, enum lock_flavor flavor,
                                      uintptr_t pc)
{
    struct ex_interlocked section = ex_interlocked_begin(lock, flavor, head);
    READS(head->Next);
    PSINGLE_LIST_ENTRY first = head->Next;
    if (first != NULL) {
        READS(first->Next);
        PSINGLE_LIST_ENTRY second = first->Next;
        WRITES(head->Next);
        head->Next = second;
    }
    ex_interlocked_end(&section);
    return first;
}

/* ---- the functions that drivers call --------------------------------------------------------------- */

/* ExInterlockedAddUlong: any IRQL; adds under the lock and returns the original value (IL-1). */
ULONG ExInterlockedAddUlong(PULONG Addend, ULONG Increment, PKSPIN_LOCK Lock)
{
    ddi_enter(ExInterlockedAddUlong);
    return ex_interlocked_add_ulong(Addend, Increment, Lock, LOCK_KE, EX_CALLER);
}

/* ExInterlockedAddLargeInteger: any IRQL; adds under the lock and returns the original value. */
LARGE_INTEGER ExInterlockedAddLargeInteger(PLARGE_INTEGER Addend, LARGE_INTEGER Increment, PKSPIN_LOCK Lock)
{
    ddi_enter(ExInterlockedAddLargeInteger);
    return ex_interlocked_add_large(Addend, Increment.QuadPart, Lock, LOCK_KE, EX_CALLER);
}

/* ExInterlockedAddLargeStatistic: any IRQL; atomic without a lock (IL-4). */
VOID ExInterlockedAddLargeStatistic(PLARGE_INTEGER Addend, ULONG Increment)
{
    ddi_enter(ExInterlockedAddLargeStatistic);
    ex_interlocked_updates(&Addend->QuadPart, EX_CALLER);
    __atomic_fetch_add(&Addend->QuadPart, (LONGLONG)Increment, __ATOMIC_SEQ_CST);
}

/* ExInterlockedInsertHeadList: any IRQL; returns the former first entry, NULL when the list was empty (IL-7).
 */
PLIST_ENTRY ExInterlockedInsertHeadList(PLIST_ENTRY ListHead, PLIST_ENTRY ListEntry, PKSPIN_LOCK Lock)
{
    ddi_enter(ExInterlockedInsertHeadList);
    return ex_interlocked_insert_head(ListHead, ListEntry, Lock, LOCK_KE, EX_CALLER);
}

/* ExInterlockedInsertTailList: any IRQL; returns the former last entry, NULL when the list was empty (IL-7).
 */
PLIST_ENTRY ExInterlockedInsertTailList(PLIST_ENTRY ListHead, PLIST_ENTRY ListEntry, PKSPIN_LOCK Lock)
{
    ddi_enter(ExInterlockedInsertTailList);
    return ex_interlocked_insert_tail(ListHead, ListEntry, Lock, LOCK_KE, EX_CALLER);
}

/* ExInterlockedRemoveHeadList: any IRQL; NULL when the list is empty (IL-8). */
PLIST_ENTRY ExInterlockedRemoveHeadList(PLIST_ENTRY ListHead, PKSPIN_LOCK Lock)
{
    ddi_enter(ExInterlockedRemoveHeadList);
    return ex_interlocked_remove_head(ListHead, Lock, LOCK_KE, EX_CALLER);
}

/* ExInterlockedPushEntryList: any IRQL; returns the former first entry. */
PSINGLE_LIST_ENTRY ExInterlockedPushEntryList(PSINGLE_LIST_ENTRY ListHead, PSINGLE_LIST_ENTRY ListEntry,
                                              PKSPIN_LOCK Lock)
{
    ddi_enter(ExInterlockedPushEntryList);
    return ex_interlocked_push(ListHead, ListEntry, Lock, LOCK_KE, EX_CALLER);
}

/* ExInterlockedPopEntryList: any IRQL; NULL when the list is empty. */
PSINGLE_LIST_ENTRY ExInterlockedPopEntryList(PSINGLE_LIST_ENTRY ListHead, PKSPIN_LOCK Lock)
{
    ddi_enter(ExInterlockedPopEntryList);
    return ex_interlocked_pop(ListHead, Lock, LOCK_KE, EX_CALLER);
}
