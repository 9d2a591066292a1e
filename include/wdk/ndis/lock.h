/*
 * lock.h - NDIS spin locks, interlocked operations, reader/writer locks, events, mutexes.
 *
 * The spin lock functions are functions here, not macros over Ke: the checked build wants to know which
 * flavour a driver used.
 */
#ifndef UNDIS_NDIS_LOCK_H
#define UNDIS_NDIS_LOCK_H

#include "types.h"

EXTERN_C_START

/* OldIrql lives in the lock: what it holds while the lock is held is what the release restores. */
typedef struct _NDIS_SPIN_LOCK {
    KSPIN_LOCK SpinLock;
    KIRQL OldIrql;
} NDIS_SPIN_LOCK, *PNDIS_SPIN_LOCK;

VOID NdisAllocateSpinLock(PNDIS_SPIN_LOCK SpinLock);
VOID NdisFreeSpinLock(PNDIS_SPIN_LOCK SpinLock);
VOID NdisAcquireSpinLock(PNDIS_SPIN_LOCK SpinLock);
VOID NdisReleaseSpinLock(PNDIS_SPIN_LOCK SpinLock);
VOID NdisDprAcquireSpinLock(PNDIS_SPIN_LOCK SpinLock);
VOID NdisDprReleaseSpinLock(PNDIS_SPIN_LOCK SpinLock);

#if defined(UNDIS_DPR_OLD_IRQL_STORE)
/* Header generation before NDIS 6.20 (undis cc --dpr-old-irql=store): the acquire also notes DISPATCH_LEVEL.
 */
#define NdisDprAcquireSpinLock(Lock)                                                                         \
    do {                                                                                                     \
        PNDIS_SPIN_LOCK undis_lock = (Lock);                                                                 \
        (NdisDprAcquireSpinLock)(undis_lock);                                                                \
        undis_lock->OldIrql = DISPATCH_LEVEL;                                                                \
    } while (0)
#endif

LONG NdisInterlockedIncrement(PLONG Addend);
LONG NdisInterlockedDecrement(PLONG Addend);
ULONG NdisInterlockedAddUlong(PULONG Addend, ULONG Increment, PNDIS_SPIN_LOCK SpinLock);
LARGE_INTEGER NdisInterlockedAddLargeInteger(PLARGE_INTEGER Addend, ULONG Increment,
                                             PNDIS_SPIN_LOCK SpinLock);
VOID NdisInterlockedAddLargeStatistic(PLARGE_INTEGER Addend, ULONG Increment);
PLIST_ENTRY NdisInterlockedInsertHeadList(PLIST_ENTRY ListHead, PLIST_ENTRY ListEntry,
                                          PNDIS_SPIN_LOCK SpinLock);
PLIST_ENTRY NdisInterlockedInsertTailList(PLIST_ENTRY ListHead, PLIST_ENTRY ListEntry,
                                          PNDIS_SPIN_LOCK SpinLock);
PLIST_ENTRY NdisInterlockedRemoveHeadList(PLIST_ENTRY ListHead, PNDIS_SPIN_LOCK SpinLock);
PSINGLE_LIST_ENTRY NdisInterlockedPushEntryList(PSINGLE_LIST_ENTRY ListHead, PSINGLE_LIST_ENTRY ListEntry,
                                                PNDIS_SPIN_LOCK Lock);
PSINGLE_LIST_ENTRY NdisInterlockedPopEntryList(PSINGLE_LIST_ENTRY ListHead, PNDIS_SPIN_LOCK Lock);
PSLIST_ENTRY NdisInterlockedPushEntrySList(PSLIST_HEADER ListHead, PSLIST_ENTRY ListEntry, PKSPIN_LOCK Lock);
PSLIST_ENTRY NdisInterlockedPopEntrySList(PSLIST_HEADER ListHead, PKSPIN_LOCK Lock);
PSLIST_ENTRY NdisInterlockedFlushSList(PSLIST_HEADER ListHead);
VOID NdisInitializeSListHead(PSLIST_HEADER SListHead);
USHORT NdisQueryDepthSList(PSLIST_HEADER SListHead);
#define NdisInitializeListHead(ListHead) InitializeListHead(ListHead)

/* Callers pass volatile counters too. */
#define NdisInterlockedIncrement(Addend) (NdisInterlockedIncrement)((PLONG)(Addend))
#define NdisInterlockedDecrement(Addend) (NdisInterlockedDecrement)((PLONG)(Addend))

/* The lock argument of the S-list calls is an NDIS or a kernel spin lock; it is not used (spec section 3). */
#define NdisInterlockedPushEntrySList(ListHead, ListEntry, Lock)                                             \
    (NdisInterlockedPushEntrySList)((ListHead), (ListEntry), (PKSPIN_LOCK)(PVOID)(Lock))
#define NdisInterlockedPopEntrySList(ListHead, Lock)                                                         \
    (NdisInterlockedPopEntrySList)((ListHead), (PKSPIN_LOCK)(PVOID)(Lock))

/* ---- reader/writer locks ----------------------------------------------------------------------- */

typedef union _NDIS_RW_LOCK_REFCOUNT {
    volatile ULONG RefCount;
    UCHAR cacheLine[16];
} NDIS_RW_LOCK_REFCOUNT;

typedef struct _NDIS_RW_LOCK {
    union {
        struct {
            KSPIN_LOCK SpinLock;
            PVOID Context;
        };
        UCHAR Reserved[16];
    };
    union {
        NDIS_RW_LOCK_REFCOUNT RefCount[MAXIMUM_PROCESSORS];
        volatile ULONG RefCountEx[sizeof(NDIS_RW_LOCK_REFCOUNT) / sizeof(ULONG) * MAXIMUM_PROCESSORS];
    };
} NDIS_RW_LOCK, *PNDIS_RW_LOCK;

typedef struct _LOCK_STATE {
    USHORT LockState;
    KIRQL OldIrql;
} LOCK_STATE, *PLOCK_STATE;

typedef struct _LOCK_STATE_EX {
    KIRQL OldIrql;
    UCHAR LockState;
    UCHAR Flags;
} LOCK_STATE_EX, *PLOCK_STATE_EX;

VOID NdisInitializeReadWriteLock(PNDIS_RW_LOCK Lock);
VOID NdisAcquireReadWriteLock(PNDIS_RW_LOCK Lock, BOOLEAN fWrite, PLOCK_STATE LockState);
VOID NdisReleaseReadWriteLock(PNDIS_RW_LOCK Lock, PLOCK_STATE LockState);
VOID NdisDprAcquireReadWriteLock(PNDIS_RW_LOCK Lock, BOOLEAN fWrite, PLOCK_STATE LockState);
VOID NdisDprReleaseReadWriteLock(PNDIS_RW_LOCK Lock, PLOCK_STATE LockState);

typedef struct _NDIS_RW_LOCK_EX NDIS_RW_LOCK_EX, *PNDIS_RW_LOCK_EX;
#define NDIS_RWL_AT_DISPATCH_LEVEL 1
PNDIS_RW_LOCK_EX NdisAllocateRWLock(NDIS_HANDLE NdisHandle);
VOID NdisFreeRWLock(PNDIS_RW_LOCK_EX Lock);
VOID NdisAcquireRWLockRead(PNDIS_RW_LOCK_EX Lock, PLOCK_STATE_EX LockState, UCHAR Flags);
VOID NdisAcquireRWLockWrite(PNDIS_RW_LOCK_EX Lock, PLOCK_STATE_EX LockState, UCHAR Flags);
VOID NdisReleaseRWLock(PNDIS_RW_LOCK_EX Lock, PLOCK_STATE_EX LockState);
BOOLEAN NdisTryAcquireRWLockRead(PNDIS_RW_LOCK_EX Lock, PLOCK_STATE_EX LockState, UCHAR Flags);
BOOLEAN NdisTryAcquireRWLockWrite(PNDIS_RW_LOCK_EX Lock, PLOCK_STATE_EX LockState, UCHAR Flags);
BOOLEAN NdisTryPromoteRWLockFromReadToWrite(PNDIS_RW_LOCK_EX Lock, PLOCK_STATE_EX LockState);

/* ---- events and mutexes ------------------------------------------------------------------------ */

typedef struct _NDIS_EVENT {
    KEVENT Event;
} NDIS_EVENT, *PNDIS_EVENT;

VOID NdisInitializeEvent(PNDIS_EVENT Event);
VOID NdisSetEvent(PNDIS_EVENT Event);
VOID NdisResetEvent(PNDIS_EVENT Event);
BOOLEAN NdisWaitEvent(PNDIS_EVENT Event, UINT MsToWait);

typedef KMUTEX NDIS_MUTEX, *PNDIS_MUTEX;
#define NDIS_INIT_MUTEX(Mutex) KeInitializeMutex((Mutex), 0xFFFF)
#define NDIS_WAIT_FOR_MUTEX(Mutex) KeWaitForSingleObject((Mutex), Executive, KernelMode, FALSE, NULL)
#define NDIS_RELEASE_MUTEX(Mutex) KeReleaseMutex((Mutex), FALSE)

/* ---- IRQL -------------------------------------------------------------------------------------- */

#define NDIS_RAISE_IRQL_TO_DISPATCH(OldIrql) KeRaiseIrql(DISPATCH_LEVEL, (OldIrql))
#define NDIS_LOWER_IRQL(OldIrql, CurrentIrql)                                                                \
    do {                                                                                                     \
        if ((OldIrql) != (CurrentIrql)) {                                                                    \
            KeLowerIrql(OldIrql);                                                                            \
        }                                                                                                    \
    } while (0)
#define NDIS_CURRENT_IRQL() KeGetCurrentIrql()

EXTERN_C_END

#if UNDIS_FREE_BUILD /* undis cc --free */
#include <undis/free/inline_ndis.h>
#endif

#endif
