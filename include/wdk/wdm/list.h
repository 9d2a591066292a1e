/*
 * list.h - doubly linked lists.  Not synchronised: the caller holds the list's lock.
 *
 * As on Windows, a list whose links disagree stops the machine at once (bug check 0x139, parameter 3).
 */
#ifndef UNDIS_WDM_LIST_H
#define UNDIS_WDM_LIST_H

#include "../ntdef.h"

EXTERN_C_START

DECLSPEC_NORETURN VOID RtlFailFast(ULONG Code);
#define __fastfail(Code) RtlFailFast(Code)
#define FAST_FAIL_CORRUPT_LIST_ENTRY 3
#define FAST_FAIL_INVALID_ARG 5
#define FAST_FAIL_FATAL_APP_EXIT 7
#define FAST_FAIL_RANGE_CHECK_FAILURE 8
#define FAST_FAIL_INVALID_REFERENCE_COUNT 14

/* An entry that is put where it is already, or a head for an entry: found in checked builds of a driver only.
 * Elsewhere in its list, an entry that was inserted twice makes the links disagree. */
#if DBG
#define UNDIS_LIST_IS_NEW(Head, Neighbour, Entry) ((Entry) != (Head) && (Entry) != (Neighbour))
#else
#define UNDIS_LIST_IS_NEW(Head, Neighbour, Entry) TRUE
#endif

#define RTL_STATIC_LIST_HEAD(Head) LIST_ENTRY Head = {&(Head), &(Head)}

UNDIS_INLINE VOID InitializeListHead(PLIST_ENTRY ListHead)
{
    ListHead->Flink = ListHead;
    ListHead->Blink = ListHead;
}

UNDIS_INLINE BOOLEAN IsListEmpty(const LIST_ENTRY *ListHead)
{
    return (BOOLEAN)(ListHead->Flink == ListHead);
}

/* Returns TRUE when the list is empty afterwards. */
UNDIS_INLINE BOOLEAN RemoveEntryList(PLIST_ENTRY Entry)
{
    PLIST_ENTRY next = Entry->Flink;
    PLIST_ENTRY previous = Entry->Blink;
    if (next->Blink != Entry || previous->Flink != Entry) {
        RtlFailFast(FAST_FAIL_CORRUPT_LIST_ENTRY);
    }
    previous->Flink = next;
    next->Blink = previous;
    return (BOOLEAN)(next == previous);
}

/* Returns the head itself when the list was empty. */
UNDIS_INLINE PLIST_ENTRY RemoveHeadList(PLIST_ENTRY ListHead)
{
    PLIST_ENTRY entry = ListHead->Flink;
    PLIST_ENTRY next = entry->Flink;
    if (entry->Blink != ListHead || next->Blink != entry) {
        RtlFailFast(FAST_FAIL_CORRUPT_LIST_ENTRY);
    }
    ListHead->Flink = next;
    next->Blink = ListHead;
    return entry;
}

/* Returns the head itself when the list was empty. */
UNDIS_INLINE PLIST_ENTRY RemoveTailList(PLIST_ENTRY ListHead)
{
    PLIST_ENTRY entry = ListHead->Blink;
    PLIST_ENTRY previous = entry->Blink;
    if (entry->Flink != ListHead || previous->Flink != entry) {
        RtlFailFast(FAST_FAIL_CORRUPT_LIST_ENTRY);
    }
    ListHead->Blink = previous;
    previous->Flink = ListHead;
    return entry;
}

UNDIS_INLINE VOID InsertHeadList(PLIST_ENTRY ListHead, PLIST_ENTRY Entry)
{
    PLIST_ENTRY next = ListHead->Flink;
    if (next->Blink != ListHead || !UNDIS_LIST_IS_NEW(ListHead, next, Entry)) {
        RtlFailFast(FAST_FAIL_CORRUPT_LIST_ENTRY);
    }
    Entry->Flink = next;
    Entry->Blink = ListHead;
    next->Blink = Entry;
    ListHead->Flink = Entry;
}

UNDIS_INLINE VOID InsertTailList(PLIST_ENTRY ListHead, PLIST_ENTRY Entry)
{
    PLIST_ENTRY previous = ListHead->Blink;
    if (previous->Flink != ListHead || !UNDIS_LIST_IS_NEW(ListHead, previous, Entry)) {
        RtlFailFast(FAST_FAIL_CORRUPT_LIST_ENTRY);
    }
    Entry->Flink = ListHead;
    Entry->Blink = previous;
    previous->Flink = Entry;
    ListHead->Blink = Entry;
}

/* Joins a headless ring of entries to the tail of the list. */
UNDIS_INLINE VOID AppendTailList(PLIST_ENTRY ListHead, PLIST_ENTRY ListToAppend)
{
    PLIST_ENTRY last = ListHead->Blink;
    ListHead->Blink->Flink = ListToAppend;
    ListHead->Blink = ListToAppend->Blink;
    ListToAppend->Blink->Flink = ListHead;
    ListToAppend->Blink = last;
}

UNDIS_INLINE VOID PushEntryList(PSINGLE_LIST_ENTRY ListHead, PSINGLE_LIST_ENTRY Entry)
{
    Entry->Next = ListHead->Next;
    ListHead->Next = Entry;
}

/* Returns NULL when the list was empty. */
UNDIS_INLINE PSINGLE_LIST_ENTRY PopEntryList(PSINGLE_LIST_ENTRY ListHead)
{
    PSINGLE_LIST_ENTRY first = ListHead->Next;
    if (first != NULL) {
        ListHead->Next = first->Next;
    }
    return first;
}

EXTERN_C_END

#endif
