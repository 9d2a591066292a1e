/*
 * interlocked.c - ExInterlockedXxx on counters and lists (spec section 3; contract in interlocked.h).
 */
#include "ex/interlocked.h"

#undef ExInterlockedAddUlong
#undef ExInterlockedAddLargeInteger
#undef ExInterlockedAddLargeStatistic
#undef ExInterlockedInsertHeadList
#undef ExInterlockedInsertTailList
#undef ExInterlockedRemoveHeadList
#undef ExInterlockedPushEntryList
#undef ExInterlockedPopEntryList

ULONG ex_interlocked_add_ulong(PULONG addend, ULONG increment, PKSPIN_LOCK lock, enum lock_flavor flavor)
{
    struct ex_interlocked section = ex_interlocked_begin(lock, flavor, addend);
    ULONG before = *addend;
    *addend = before + increment;
    ex_interlocked_end(&section);
    return before;
}

PLIST_ENTRY ex_interlocked_insert_head(PLIST_ENTRY head, PLIST_ENTRY entry, PKSPIN_LOCK lock,
                                       enum lock_flavor flavor)
{
    struct ex_interlocked section = ex_interlocked_begin(lock, flavor, head);
    PLIST_ENTRY first = head->Flink;
    InsertHeadList(head, entry);
    ex_interlocked_end(&section);
    return first == head ? NULL : first;
}

PLIST_ENTRY ex_interlocked_insert_tail(PLIST_ENTRY head, PLIST_ENTRY entry, PKSPIN_LOCK lock,
                                       enum lock_flavor flavor)
{
    struct ex_interlocked section = ex_interlocked_begin(lock, flavor, head);
    PLIST_ENTRY last = head->Blink;
    InsertTailList(head, entry);
    ex_interlocked_end(&section);
    return last == head ? NULL : last;
}

PLIST_ENTRY ex_interlocked_remove_head(PLIST_ENTRY head, PKSPIN_LOCK lock, enum lock_flavor flavor)
{
    struct ex_interlocked section = ex_interlocked_begin(lock, flavor, head);
    PLIST_ENTRY first = IsListEmpty(head) ? NULL : RemoveHeadList(head);
    ex_interlocked_end(&section);
    return first;
}

PSINGLE_LIST_ENTRY ex_interlocked_push(PSINGLE_LIST_ENTRY head, PSINGLE_LIST_ENTRY entry, PKSPIN_LOCK lock,
                                       enum lock_flavor flavor)
{
    struct ex_interlocked section = ex_interlocked_begin(lock, flavor, head);
    PSINGLE_LIST_ENTRY first = head->Next;
    entry->Next = first;
    head->Next = entry;
    ex_interlocked_end(&section);
    return first;
}

PSINGLE_LIST_ENTRY ex_interlocked_pop(PSINGLE_LIST_ENTRY head, PKSPIN_LOCK lock, enum lock_flavor flavor)
{
    struct ex_interlocked section = ex_interlocked_begin(lock, flavor, head);
    PSINGLE_LIST_ENTRY first = head->Next;
    if (first != NULL) {
        head->Next = first->Next;
    }
    ex_interlocked_end(&section);
    return first;
}

/* ExInterlockedAddUlong: any IRQL; adds under the lock and returns the original value (IL-1). */
ULONG ExInterlockedAddUlong(PULONG Addend, ULONG Increment, PKSPIN_LOCK Lock)
{
    return ex_interlocked_add_ulong(Addend, Increment, Lock, LOCK_KE);
}

/* ExInterlockedAddLargeInteger: any IRQL; adds under the lock and returns the original value. */
LARGE_INTEGER ExInterlockedAddLargeInteger(PLARGE_INTEGER Addend, LARGE_INTEGER Increment, PKSPIN_LOCK Lock)
{
    struct ex_interlocked section = ex_interlocked_begin(Lock, LOCK_KE, Addend);
    LARGE_INTEGER before = *Addend;
    Addend->QuadPart = before.QuadPart + Increment.QuadPart;
    ex_interlocked_end(&section);
    return before;
}

/* ExInterlockedAddLargeStatistic: any IRQL; atomic without a lock (IL-4). */
VOID ExInterlockedAddLargeStatistic(PLARGE_INTEGER Addend, ULONG Increment)
{
    __atomic_fetch_add(&Addend->QuadPart, (LONGLONG)Increment, __ATOMIC_SEQ_CST);
}

/* ExInterlockedInsertHeadList: any IRQL; returns the former first entry, NULL when the list was empty (IL-7).
 */
PLIST_ENTRY ExInterlockedInsertHeadList(PLIST_ENTRY ListHead, PLIST_ENTRY ListEntry, PKSPIN_LOCK Lock)
{
    return ex_interlocked_insert_head(ListHead, ListEntry, Lock, LOCK_KE);
}

/* ExInterlockedInsertTailList: any IRQL; returns the former last entry, NULL when the list was empty (IL-7).
 */
PLIST_ENTRY ExInterlockedInsertTailList(PLIST_ENTRY ListHead, PLIST_ENTRY ListEntry, PKSPIN_LOCK Lock)
{
    return ex_interlocked_insert_tail(ListHead, ListEntry, Lock, LOCK_KE);
}

/* ExInterlockedRemoveHeadList: any IRQL; NULL when the list is empty (IL-8). */
PLIST_ENTRY ExInterlockedRemoveHeadList(PLIST_ENTRY ListHead, PKSPIN_LOCK Lock)
{
    return ex_interlocked_remove_head(ListHead, Lock, LOCK_KE);
}

/* ExInterlockedPushEntryList: any IRQL; returns the former first entry. */
PSINGLE_LIST_ENTRY ExInterlockedPushEntryList(PSINGLE_LIST_ENTRY ListHead, PSINGLE_LIST_ENTRY ListEntry,
                                              PKSPIN_LOCK Lock)
{
    return ex_interlocked_push(ListHead, ListEntry, Lock, LOCK_KE);
}

/* ExInterlockedPopEntryList: any IRQL; NULL when the list is empty. */
PSINGLE_LIST_ENTRY ExInterlockedPopEntryList(PSINGLE_LIST_ENTRY ListHead, PKSPIN_LOCK Lock)
{
    return ex_interlocked_pop(ListHead, Lock, LOCK_KE);
}
