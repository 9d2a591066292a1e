/*
 * slist.c - sequenced lists (spec IL-10 to IL-12).
 *
 * A header has the layout of Windows x64: depth and sequence in the first word, the first entry in the
 * second.  In the free build each operation is one exchange of both (slist_free.h).  In the checked one,
 * whose freed memory nothing may read, a guard from a small table, chosen by the header's address, makes it
 * atomic at any IRQL.
 */
#include "ke/ddi.h"
#include "ke/observer.h"
#include "ke/processor.h"
#include "ke/run.h"
#include "ke/step.h"

#define SLIST_ALIGNMENT 16

/* First word: depth in the low 16 bits, sequence in the other 48. */
#define DEPTH_MASK UINT64_C(0xFFFF)
#define SEQUENCE_ONE UINT64_C(0x10000)

/* The first word with another depth and a new sequence. */
static inline uint64_t slist_next(uint64_t word, uint64_t depth)
{
    return (word & ~DEPTH_MASK) + SEQUENCE_ONE + (depth & DEPTH_MASK);
}

static inline PSLIST_ENTRY slist_first(const SLIST_HEADER *head)
{
    return (PSLIST_ENTRY)(uintptr_t)head->Region;
}

#if !UNDIS_CHECKED && defined(__x86_64__)
#include "ex/slist_free.h"
#else

#define SLIST_GUARDS 64

static struct slist_guard {
    struct ke_guard guard;
} __attribute__((aligned(64))) slist_guards[SLIST_GUARDS];

static struct ke_guard *guard_of(const SLIST_HEADER *head)
{
    return &slist_guards[((uintptr_t)head >> 4 ^ (uintptr_t)head >> 12) % SLIST_GUARDS].guard;
}

static PSLIST_ENTRY slist_push(PSLIST_HEADER head, PSLIST_ENTRY entry)
{
    struct ke_guard *guard = guard_of(head);
    KIRQL old = ke_guard_enter_quietly(guard);
    PSLIST_ENTRY former = slist_first(head);
    entry->Next = former;
    head->Alignment = slist_next(head->Alignment, head->Alignment + 1);
    head->Region = (ULONGLONG)(uintptr_t)entry;
    ke_guard_leave(guard, old);
    return former;
}

static PSLIST_ENTRY slist_pop(PSLIST_HEADER head)
{
    struct ke_guard *guard = guard_of(head);
    KIRQL old = ke_guard_enter_quietly(guard);
    PSLIST_ENTRY first = slist_first(head);
    if (first != NULL) {
        head->Alignment = slist_next(head->Alignment, head->Alignment - 1);
        ke_reads(&first->Next, sizeof(first->Next));
        head->Region = (ULONGLONG)(uintptr_t)first->Next;
    }
    ke_guard_leave(guard, old);
    return first;
}

static PSLIST_ENTRY slist_flush(PSLIST_HEADER head)
{
    struct ke_guard *guard = guard_of(head);
    KIRQL old = ke_guard_enter_quietly(guard);
    PSLIST_ENTRY first = slist_first(head);
    if (first != NULL) {
        head->Alignment = slist_next(head->Alignment, 0);
        head->Region = 0;
    }
    ke_guard_leave(guard, old);
    return first;
}
#endif

/* The header changes atomically; what is done to the entries belongs to that step. */
#if UNDIS_CHECKED
#define UPDATES(head)                                                                                        \
    ke_access_update((head), sizeof(*(head)), false, 0, (uintptr_t)__builtin_return_address(0))
#define LOOKS(word)                                                                                          \
    ke_access((word), sizeof(*(word)), ACCESS_LIBRARY | ACCESS_ATOMIC, (uintptr_t)__builtin_return_address(0))
#else
#define UPDATES(head) ((void)0)
#define LOOKS(word) ((void)0)
#endif

/* Windows drops the low four bits of such an address; an exception is kinder than a list of wild pointers. */
static void check_alignment(const void *address)
{
    if ((uintptr_t)address % SLIST_ALIGNMENT != 0) {
        ke_bugcheck(0x1E, (ULONG)STATUS_DATATYPE_MISALIGNMENT, (ULONG_PTR)__builtin_return_address(0), 0,
                    (ULONG_PTR)address);
    }
}

/*
 * Makes an empty list.  Any IRQL.  The header must be 16-byte aligned, or STATUS_DATATYPE_MISALIGNMENT is
 * raised (bug check 0x1E).  IL-10.
 */
VOID NTAPI InitializeSListHead(PSLIST_HEADER SListHead)
{
    ddi_enter(InitializeSListHead);
    check_alignment(SListHead);
    ke_writes(SListHead, sizeof(*SListHead));
    SListHead->Alignment = 0;
    SListHead->Region = 0;
}

/* The same under its other name. */
VOID NTAPI ExInitializeSListHead(PSLIST_HEADER SListHead)
{
    ddi_enter(ExInitializeSListHead);
    InitializeSListHead(SListHead);
}

/*
 * InterlockedPushEntrySList, ExInterlockedPushEntrySList: puts an entry in front and returns the former first
 * entry or NULL.  Any IRQL.  The lock of the Ex form is not touched.  IL-11,
 * nf-wdm-exinterlockedpushentryslist.
 */
PSLIST_ENTRY NTAPI ExpInterlockedPushEntrySList(PSLIST_HEADER ListHead, PSLIST_ENTRY ListEntry)
{
    ddi_enter(ExpInterlockedPushEntrySList);
    check_alignment(ListEntry);
    ke_writes(&ListEntry->Next, sizeof(ListEntry->Next));
    ListEntry->Next = NULL; /* in this step, so that whoever looks at it does so before or after */
    UPDATES(ListHead);
    ke_synchronizes(ListHead);
    return slist_push(ListHead, ListEntry);
}

/*
 * InterlockedPopEntrySList, ExInterlockedPopEntrySList: takes the first entry; NULL when the list is empty.
 * Any IRQL.  IL-11, nf-wdm-exinterlockedpopentryslist.
 */
PSLIST_ENTRY NTAPI ExpInterlockedPopEntrySList(PSLIST_HEADER ListHead)
{
    ddi_enter(ExpInterlockedPopEntrySList);
    UPDATES(ListHead);
    ke_synchronizes(ListHead);
    return slist_pop(ListHead);
}

/* InterlockedFlushSList: empties the list and returns its former first entry, the others linked behind it.
 * Any IRQL. */
PSLIST_ENTRY NTAPI ExpInterlockedFlushSList(PSLIST_HEADER ListHead)
{
    ddi_enter(ExpInterlockedFlushSList);
    UPDATES(ListHead);
    ke_synchronizes(ListHead);
    return slist_flush(ListHead);
}

/* The number of entries, modulo 65536; a snapshot.  IL-12, nf-wdm-exquerydepthslist. */
USHORT NTAPI ExQueryDepthSList(PSLIST_HEADER SListHead)
{
    ddi_enter(ExQueryDepthSList);
    LOOKS(&SListHead->Alignment);
    return (USHORT)(*(volatile ULONGLONG *)&SListHead->Alignment & DEPTH_MASK);
}

/* RtlFirstEntrySList (FirstEntrySList): the first entry, which stays in the list; NULL when it is empty.  The
 * list may have changed by the time the caller looks.  Any IRQL. */
PSLIST_ENTRY NTAPI RtlFirstEntrySList(const SLIST_HEADER *SListHead)
{
    ddi_enter(RtlFirstEntrySList);
    LOOKS(&SListHead->Region);
    return (PSLIST_ENTRY)(uintptr_t) * (const volatile ULONGLONG *)&SListHead->Region;
}
