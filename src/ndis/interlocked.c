/*
 * interlocked.c - NdisInterlockedXxx (spec section 3): the Ex operations on an NDIS_SPIN_LOCK.
 */
#include <ndis.h>

#include "ex/interlocked.h"

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

/* NdisInterlockedIncrement: any IRQL; returns the new value (IL-5). */
LONG NdisInterlockedIncrement(PLONG Addend)
{
    return __atomic_add_fetch(Addend, 1, __ATOMIC_SEQ_CST);
}

/* NdisInterlockedDecrement: any IRQL; returns the new value (IL-5). */
LONG NdisInterlockedDecrement(PLONG Addend)
{
    return __atomic_sub_fetch(Addend, 1, __ATOMIC_SEQ_CST);
}

/* NdisInterlockedAddUlong: <= DISPATCH_LEVEL, or any IRQL for a lock used above it only; returns the original
 * value (IL-1, IL-2). */
ULONG NdisInterlockedAddUlong(PULONG Addend, ULONG Increment, PNDIS_SPIN_LOCK SpinLock)
{
    return ex_interlocked_add_ulong(Addend, Increment, &SpinLock->SpinLock, LOCK_NDIS);
}

/* NdisInterlockedAddLargeStatistic: any IRQL, no lock; atomic against itself (IL-4). */
VOID NdisInterlockedAddLargeStatistic(PLARGE_INTEGER Addend, ULONG Increment)
{
    __atomic_fetch_add(&Addend->QuadPart, (LONGLONG)Increment, __ATOMIC_SEQ_CST);
}

/* NdisInterlockedInsertHeadList: as NdisInterlockedAddUlong; returns the former first entry or NULL (IL-3,
 * IL-7). */
PLIST_ENTRY NdisInterlockedInsertHeadList(PLIST_ENTRY ListHead, PLIST_ENTRY ListEntry,
                                          PNDIS_SPIN_LOCK SpinLock)
{
    return ex_interlocked_insert_head(ListHead, ListEntry, &SpinLock->SpinLock, LOCK_NDIS);
}

/* NdisInterlockedInsertTailList: as NdisInterlockedAddUlong; returns the former last entry or NULL (IL-3,
 * IL-7). */
PLIST_ENTRY NdisInterlockedInsertTailList(PLIST_ENTRY ListHead, PLIST_ENTRY ListEntry,
                                          PNDIS_SPIN_LOCK SpinLock)
{
    return ex_interlocked_insert_tail(ListHead, ListEntry, &SpinLock->SpinLock, LOCK_NDIS);
}

/* NdisInterlockedRemoveHeadList: as NdisInterlockedAddUlong; NULL when the list is empty (IL-8). */
PLIST_ENTRY NdisInterlockedRemoveHeadList(PLIST_ENTRY ListHead, PNDIS_SPIN_LOCK SpinLock)
{
    return ex_interlocked_remove_head(ListHead, &SpinLock->SpinLock, LOCK_NDIS);
}

/* NdisInterlockedPushEntryList: as NdisInterlockedAddUlong; returns the former first entry or NULL. */
PSINGLE_LIST_ENTRY NdisInterlockedPushEntryList(PSINGLE_LIST_ENTRY ListHead, PSINGLE_LIST_ENTRY ListEntry,
                                                PNDIS_SPIN_LOCK Lock)
{
    return ex_interlocked_push(ListHead, ListEntry, &Lock->SpinLock, LOCK_NDIS);
}

/* NdisInterlockedPopEntryList: as NdisInterlockedAddUlong; NULL when the list is empty. */
PSINGLE_LIST_ENTRY NdisInterlockedPopEntryList(PSINGLE_LIST_ENTRY ListHead, PNDIS_SPIN_LOCK Lock)
{
    return ex_interlocked_pop(ListHead, &Lock->SpinLock, LOCK_NDIS);
}
