/*
 * interlocked.c - NdisInterlockedXxx (spec section 3): the Ex operations on an NDIS_SPIN_LOCK.
 */
#include <ndis.h>

#include "ex/interlocked.h"
#include "ke/ddi.h"

#undef NdisInterlockedIncrement
#undef NdisInterlockedDecrement
#undef NdisInterlockedAddUlong
#undef NdisInterlockedAddLargeInterger
#undef NdisInterlockedAddLargeStatistic
#undef NdisInterlockedInsertHeadList
#undef NdisInterlockedInsertTailList
#undef NdisInterlockedRemoveHeadList
#undef NdisInterlockedPushEntryList
#undef NdisInterlockedPopEntryList
#undef NdisInterlockedPushEntrySList
#undef NdisInterlockedPopEntrySList
#undef NdisInterlockedFlushSList
#undef NdisInitializeSListHead
#undef NdisQueryDepthSList

/* NdisInterlockedIncrement: any IRQL; returns the new value (IL-5). */
LONG NdisInterlockedIncrement(PLONG Addend)
{
    ddi_enter(NdisInterlockedIncrement);
    ex_interlocked_updates(Addend, EX_CALLER);
    return __atomic_add_fetch(Addend, 1, __ATOMIC_SEQ_CST);
}

/* NdisInterlockedDecrement: any IRQL; returns the new value (IL-5). */
LONG NdisInterlockedDecrement(PLONG Addend)
{
    ddi_enter(NdisInterlockedDecrement);
    ex_interlocked_updates(Addend, EX_CALLER);
    return __atomic_sub_fetch(Addend, 1, __ATOMIC_SEQ_CST);
}

/* NdisInterlockedAddUlong: <= DISPATCH_LEVEL, or any IRQL for a lock used above it only; returns the original
 * value (IL-1, IL-2). */
ULONG NdisInterlockedAddUlong(PULONG Addend, ULONG Increment, PNDIS_SPIN_LOCK SpinLock)
{
    ddi_enter(NdisInterlockedAddUlong);
    return ex_interlocked_add_ulong(Addend, Increment, &SpinLock->SpinLock, LOCK_NDIS, EX_CALLER);
}

/* NdisInterlockedAddLargeStatistic: any IRQL, no lock; atomic against itself (IL-4). */
VOID NdisInterlockedAddLargeStatistic(PLARGE_INTEGER Addend, ULONG Increment)
{
    ddi_enter(NdisInterlockedAddLargeStatistic);
    ex_interlocked_updates(&Addend->QuadPart, EX_CALLER);
    __atomic_fetch_add(&Addend->QuadPart, (LONGLONG)Increment, __ATOMIC_SEQ_CST);
}

/* NdisInterlockedInsertHeadList: as NdisInterlockedAddUlong; returns the former first entry or NULL (IL-3,
 * IL-7). */
PLIST_ENTRY NdisInterlockedInsertHeadList(PLIST_ENTRY ListHead, PLIST_ENTRY ListEntry,
                                          PNDIS_SPIN_LOCK SpinLock)
{
    ddi_enter(NdisInterlockedInsertHeadList);
    return ex_interlocked_insert_head(ListHead, ListEntry, &SpinLock->SpinLock, LOCK_NDIS, EX_CALLER);
}

/* NdisInterlockedInsertTailList: as NdisInterlockedAddUlong; returns the former last entry or NULL (IL-3,
 * IL-7). */
PLIST_ENTRY NdisInterlockedInsertTailList(PLIST_ENTRY ListHead, PLIST_ENTRY ListEntry,
                                          PNDIS_SPIN_LOCK SpinLock)
{
    ddi_enter(NdisInterlockedInsertTailList);
    return ex_interlocked_insert_tail(ListHead, ListEntry, &SpinLock->SpinLock, LOCK_NDIS, EX_CALLER);
}

/* NdisInterlockedRemoveHeadList: as NdisInterlockedAddUlong; NULL when the list is empty (IL-8). */
PLIST_ENTRY NdisInterlockedRemoveHeadList(PLIST_ENTRY ListHead, PNDIS_SPIN_LOCK SpinLock)
{
    ddi_enter(NdisInterlockedRemoveHeadList);
    return ex_interlocked_remove_head(ListHead, &SpinLock->SpinLock, LOCK_NDIS, EX_CALLER);
}

/* NdisInterlockedPushEntryList: as NdisInterlockedAddUlong; returns the former first entry or NULL. */
PSINGLE_LIST_ENTRY NdisInterlockedPushEntryList(PSINGLE_LIST_ENTRY ListHead, PSINGLE_LIST_ENTRY ListEntry,
                                                PNDIS_SPIN_LOCK Lock)
{
    ddi_enter(NdisInterlockedPushEntryList);
    return ex_interlocked_push(ListHead, ListEntry, &Lock->SpinLock, LOCK_NDIS, EX_CALLER);
}

/* NdisInterlockedPopEntryList: as NdisInterlockedAddUlong; NULL when the list is empty. */
PSINGLE_LIST_ENTRY NdisInterlockedPopEntryList(PSINGLE_LIST_ENTRY ListHead, PNDIS_SPIN_LOCK Lock)
{
    ddi_enter(NdisInterlockedPopEntryList);
    return ex_interlocked_pop(ListHead, &Lock->SpinLock, LOCK_NDIS, EX_CALLER);
}

/*
 * NdisInterlockedAddLargeInteger: as NdisInterlockedAddUlong, for a 64-bit addend; returns the original
 * value, as the kernel's ExInterlockedAddLargeInteger does.
 */
LARGE_INTEGER NdisInterlockedAddLargeInteger(PLARGE_INTEGER Addend, ULONG Increment, PNDIS_SPIN_LOCK SpinLock)
{
    ddi_enter(NdisInterlockedAddLargeInteger);
    return ex_interlocked_add_large(Addend, Increment, &SpinLock->SpinLock, LOCK_NDIS, EX_CALLER);
}

/* ---- S-lists: atomic by themselves; the lock argument is not touched (IL-10 to IL-12) ----------- */

/* NdisInitializeSListHead: any IRQL; the header is 16-byte aligned (IL-10). */
VOID NdisInitializeSListHead(PSLIST_HEADER SListHead)
{
    ddi_enter(NdisInitializeSListHead);
    ExInitializeSListHead(SListHead);
}

/* NdisInterlockedPushEntrySList: any IRQL, the caller does not hold Lock; returns the former first entry or
 * NULL (IL-11). */
PSLIST_ENTRY NdisInterlockedPushEntrySList(PSLIST_HEADER ListHead, PSLIST_ENTRY ListEntry, PKSPIN_LOCK Lock)
{
    ddi_enter(NdisInterlockedPushEntrySList);
    (void)Lock;
    return ExpInterlockedPushEntrySList(ListHead, ListEntry);
}

/* NdisInterlockedPopEntrySList: any IRQL, the caller does not hold Lock; returns the first entry or NULL
 * (IL-11). */
PSLIST_ENTRY NdisInterlockedPopEntrySList(PSLIST_HEADER ListHead, PKSPIN_LOCK Lock)
{
    ddi_enter(NdisInterlockedPopEntrySList);
    (void)Lock;
    return ExpInterlockedPopEntrySList(ListHead);
}

/* NdisInterlockedFlushSList: any IRQL; takes all entries and returns the first or NULL. */
PSLIST_ENTRY NdisInterlockedFlushSList(PSLIST_HEADER ListHead)
{
    ddi_enter(NdisInterlockedFlushSList);
    return ExpInterlockedFlushSList(ListHead);
}

/* NdisQueryDepthSList: <= DISPATCH_LEVEL; a snapshot (IL-12). */
USHORT NdisQueryDepthSList(PSLIST_HEADER SListHead)
{
    ddi_enter(NdisQueryDepthSList);
    return ExQueryDepthSList(SListHead);
}
