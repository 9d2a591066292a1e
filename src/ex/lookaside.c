/*
 * lookaside.c - lookaside lists: blocks of one size that are kept for the next allocation.
 *
 * In the checked build nothing is kept (Depth is 0), so that every block is pool of its own and a use after
 * free, a double free or a leak is seen, as under Driver Verifier.  The free build keeps up to 4 to 256
 * entries.
 */
#include "ex/pool.h"
#include "ke/ddi.h"
#include "ke/fault.h"
#include "ke/run.h"

#define LOOKASIDE_MINIMUM_SIZE ((ULONG)sizeof(SLIST_ENTRY))
#define LOOKASIDE_DEPTH (UNDIS_CHECKED ? 0 : 64)
#define LOOKASIDE_MAXIMUM_DEPTH 256

#define TYPE_RAISE 16u
#define TYPE_QUOTA_FAIL 8u
#define FLAG_RAISE 1u
#define FLAG_FAIL_NO_RAISE 2u

static PVOID NTAPI default_allocate_ex(POOL_TYPE type, SIZE_T bytes, ULONG tag, PLOOKASIDE_LIST_EX list)
{
    (void)list;
    return ExAllocatePoolWithTag(type, bytes, tag);
}

static VOID NTAPI default_free_ex(PVOID block, PLOOKASIDE_LIST_EX list)
{
    (void)list;
    ExFreePool(block);
}

static void announce(const void *list, ULONG size, ULONG tag)
{
    event_send(EVENT_OBJECT_CREATE, list, OBJECT_LOOKASIDE, size, tag, 0);
}

static void initialize(GENERAL_LOOKASIDE *list, ULONG type, SIZE_T size, ULONG tag)
{
    InitializeSListHead(&list->ListHead);
    list->Depth = LOOKASIDE_DEPTH;
    list->MaximumDepth = LOOKASIDE_MAXIMUM_DEPTH;
    list->TotalAllocates = 0;
    list->AllocateMisses = 0;
    list->TotalFrees = 0;
    list->FreeMisses = 0;
    list->Type = (POOL_TYPE)type;
    list->Tag = tag;
    list->Size = size < LOOKASIDE_MINIMUM_SIZE ? LOOKASIDE_MINIMUM_SIZE : (ULONG)size;
}

static void *take(GENERAL_LOOKASIDE *list)
{
    __atomic_fetch_add(&list->TotalAllocates, 1, __ATOMIC_RELAXED);
    void *block = InterlockedPopEntrySList(&list->ListHead);
    if (block == NULL) {
        __atomic_fetch_add(&list->AllocateMisses, 1, __ATOMIC_RELAXED);
        block = list->Allocate(list->Type, list->Size, list->Tag);
    }
    return block;
}

static void give(GENERAL_LOOKASIDE *list, void *block)
{
    __atomic_fetch_add(&list->TotalFrees, 1, __ATOMIC_RELAXED);
    if (ExQueryDepthSList(&list->ListHead) >= list->Depth) {
        __atomic_fetch_add(&list->FreeMisses, 1, __ATOMIC_RELAXED);
        list->Free(block);
    } else {
        InterlockedPushEntrySList(&list->ListHead, block);
    }
}

static void end(GENERAL_LOOKASIDE *list)
{
    event_send(EVENT_OBJECT_DESTROY, list, OBJECT_LOOKASIDE, list->Size, list->Tag, 0);
    for (void *block; (block = InterlockedPopEntrySList(&list->ListHead)) != NULL;) {
        list->Free(block);
    }
}

/*
 * Makes a lookaside list in caller's nonpaged storage.  IRQL <= DISPATCH_LEVEL.  Allocate and Free default to
 * ExAllocatePoolWithTag and ExFreePool; Depth is ignored.  nf-wdm-exinitializenpagedlookasidelist.
 */
VOID NTAPI ExInitializeNPagedLookasideList(PNPAGED_LOOKASIDE_LIST Lookaside, PALLOCATE_FUNCTION Allocate,
                                           PFREE_FUNCTION Free, ULONG Flags, SIZE_T Size, ULONG Tag,
                                           USHORT Depth)
{
    ddi_enter(ExInitializeNPagedLookasideList);
    (void)Depth;
    initialize(&Lookaside->L, (ULONG)NonPagedPool | Flags, Size, Tag);
    Lookaside->L.Allocate = Allocate != NULL ? Allocate : ExAllocatePoolWithTag;
    Lookaside->L.Free = Free != NULL ? Free : ExFreePool;
    announce(&Lookaside->L, Lookaside->L.Size, Tag);
}

/* Ends a list and frees the blocks that it keeps.  IRQL <= DISPATCH_LEVEL.
 * nf-wdm-exdeletenpagedlookasidelist. */
VOID NTAPI ExDeleteNPagedLookasideList(PNPAGED_LOOKASIDE_LIST Lookaside)
{
    ddi_enter(ExDeleteNPagedLookasideList);
    end(&Lookaside->L);
}

/* A block of the list, or NULL.  IRQL <= DISPATCH_LEVEL.  nf-wdm-exallocatefromnpagedlookasidelist. */
PVOID NTAPI ExAllocateFromNPagedLookasideList(PNPAGED_LOOKASIDE_LIST Lookaside)
{
    ddi_enter(ExAllocateFromNPagedLookasideList);
    if (ddi_fails(ExAllocateFromNPagedLookasideList)) {
        return NULL;
    }
    return take(&Lookaside->L);
}

/* Gives a block back.  IRQL <= DISPATCH_LEVEL.  nf-wdm-exfreetonpagedlookasidelist. */
VOID NTAPI ExFreeToNPagedLookasideList(PNPAGED_LOOKASIDE_LIST Lookaside, PVOID Entry)
{
    ddi_enter(ExFreeToNPagedLookasideList);
    give(&Lookaside->L, Entry);
}

/* The same four for paged pool; IRQL <= APC_LEVEL.  nf-wdm-exinitializepagedlookasidelist and its peers. */
VOID NTAPI ExInitializePagedLookasideList(PPAGED_LOOKASIDE_LIST Lookaside, PALLOCATE_FUNCTION Allocate,
                                          PFREE_FUNCTION Free, ULONG Flags, SIZE_T Size, ULONG Tag,
                                          USHORT Depth)
{
    ddi_enter(ExInitializePagedLookasideList);
    (void)Depth;
    initialize(&Lookaside->L, (ULONG)PagedPool | Flags, Size, Tag);
    Lookaside->L.Allocate = Allocate != NULL ? Allocate : ExAllocatePoolWithTag;
    Lookaside->L.Free = Free != NULL ? Free : ExFreePool;
    announce(&Lookaside->L, Lookaside->L.Size, Tag);
}

VOID NTAPI ExDeletePagedLookasideList(PPAGED_LOOKASIDE_LIST Lookaside)
{
    ddi_enter(ExDeletePagedLookasideList);
    end(&Lookaside->L);
}

PVOID NTAPI ExAllocateFromPagedLookasideList(PPAGED_LOOKASIDE_LIST Lookaside)
{
    ddi_enter(ExAllocateFromPagedLookasideList);
    if (ddi_fails(ExAllocateFromPagedLookasideList)) {
        return NULL;
    }
    return take(&Lookaside->L);
}

VOID NTAPI ExFreeToPagedLookasideList(PPAGED_LOOKASIDE_LIST Lookaside, PVOID Entry)
{
    ddi_enter(ExFreeToPagedLookasideList);
    give(&Lookaside->L, Entry);
}

/*
 * Makes a lookaside list of either pool.  IRQL <= DISPATCH_LEVEL.  STATUS_INVALID_PARAMETER_5 for unknown or
 * contradictory flags.  nf-wdm-exinitializelookasidelistex.
 */
NTSTATUS NTAPI ExInitializeLookasideListEx(PLOOKASIDE_LIST_EX Lookaside, PALLOCATE_FUNCTION_EX Allocate,
                                           PFREE_FUNCTION_EX Free, POOL_TYPE PoolType, ULONG Flags,
                                           SIZE_T Size, ULONG Tag, USHORT Depth)
{
    ddi_enter(ExInitializeLookasideListEx);
    if (ddi_fails(ExInitializeLookasideListEx)) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    (void)Depth;
    if (Flags > FLAG_FAIL_NO_RAISE) {
        return STATUS_INVALID_PARAMETER_5;
    }
    ULONG type = PoolType;
    type |= Flags & FLAG_RAISE ? TYPE_RAISE : 0;
    type |= Flags & FLAG_FAIL_NO_RAISE ? TYPE_QUOTA_FAIL : 0;
    initialize((GENERAL_LOOKASIDE *)&Lookaside->L, type, Size, Tag);
    Lookaside->L.AllocateEx = Allocate != NULL ? Allocate : default_allocate_ex;
    Lookaside->L.FreeEx = Free != NULL ? Free : default_free_ex;
    announce(&Lookaside->L, Lookaside->L.Size, Tag);
    return STATUS_SUCCESS;
}

/* A block of the list, or NULL.  IRQL <= DISPATCH_LEVEL.  nf-wdm-exallocatefromlookasidelistex. */
PVOID NTAPI ExAllocateFromLookasideListEx(PLOOKASIDE_LIST_EX Lookaside)
{
    ddi_enter(ExAllocateFromLookasideListEx);
    if (ddi_fails(ExAllocateFromLookasideListEx)) {
        return NULL;
    }
    __atomic_fetch_add(&Lookaside->L.TotalAllocates, 1, __ATOMIC_RELAXED);
    void *block = InterlockedPopEntrySList(&Lookaside->L.ListHead);
    if (block == NULL) {
        __atomic_fetch_add(&Lookaside->L.AllocateMisses, 1, __ATOMIC_RELAXED);
        block = Lookaside->L.AllocateEx(Lookaside->L.Type, Lookaside->L.Size, Lookaside->L.Tag, Lookaside);
    }
    return block;
}

/* Gives a block back.  IRQL <= DISPATCH_LEVEL.  nf-wdm-exfreetolookasidelistex. */
VOID NTAPI ExFreeToLookasideListEx(PLOOKASIDE_LIST_EX Lookaside, PVOID Entry)
{
    ddi_enter(ExFreeToLookasideListEx);
    __atomic_fetch_add(&Lookaside->L.TotalFrees, 1, __ATOMIC_RELAXED);
    if (ExQueryDepthSList(&Lookaside->L.ListHead) >= Lookaside->L.Depth) {
        __atomic_fetch_add(&Lookaside->L.FreeMisses, 1, __ATOMIC_RELAXED);
        Lookaside->L.FreeEx(Entry, Lookaside);
    } else {
        InterlockedPushEntrySList(&Lookaside->L.ListHead, Entry);
    }
}

/* Frees the blocks that the list keeps.  IRQL <= DISPATCH_LEVEL.  nf-wdm-exflushlookasidelistex. */
VOID NTAPI ExFlushLookasideListEx(PLOOKASIDE_LIST_EX Lookaside)
{
    ddi_enter(ExFlushLookasideListEx);
    for (void *block; (block = InterlockedPopEntrySList(&Lookaside->L.ListHead)) != NULL;) {
        Lookaside->L.FreeEx(block, Lookaside);
    }
}

/* Ends a list.  IRQL <= DISPATCH_LEVEL.  nf-wdm-exdeletelookasidelistex. */
VOID NTAPI ExDeleteLookasideListEx(PLOOKASIDE_LIST_EX Lookaside)
{
    ddi_enter(ExDeleteLookasideListEx);
    event_send(EVENT_OBJECT_DESTROY, &Lookaside->L, OBJECT_LOOKASIDE, Lookaside->L.Size, Lookaside->L.Tag, 0);
    ExFlushLookasideListEx(Lookaside);
}
