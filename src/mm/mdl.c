/*
 * mdl.c - memory descriptor lists.
 *
 * All memory is resident and mapped at one address for good, so locking and mapping only mark an MDL; but an
 * unlock or unmap that has nothing to undo is a bug check, as under Driver Verifier.  Page frame numbers
 * are those of src/mm/dma.h: neighbouring pages are not neighbours in physical memory.
 */
#include "ex/pool.h"
#include "ke/ddi.h"
#include "ke/fault.h"
#include "ke/run.h"
#include "mm/dma.h"

#define MDL_TAG 0x206C644Du /* 'Mdl ' */

#define MDL_MAPPED_SOMEHOW (MDL_MAPPED_TO_SYSTEM_VA | MDL_SOURCE_IS_NONPAGED_POOL)
#define MDL_LONGEST 0xFFFFF000u /* bytes that IoAllocateMdl can describe */

#define PROCESS_HAS_LOCKED_PAGES 0x76
#define SYSTEM_PTE_MISUSE 0xDA

static void fill_frames(PMDL mdl)
{
    PPFN_NUMBER frames = MmGetMdlPfnArray(mdl);
    ULONG pages = ADDRESS_AND_SIZE_TO_SPAN_PAGES(MmGetMdlVirtualAddress(mdl), mdl->ByteCount);
    for (ULONG i = 0; i < pages; i++) {
        frames[i] = mm_physical_address((const char *)mdl->StartVa + (size_t)i * PAGE_SIZE) >> PAGE_SHIFT;
    }
}

/* Bytes that an MDL for that buffer takes, its page array included.  Any IRQL.  nf-wdm-mmsizeofmdl. */
SIZE_T NTAPI MmSizeOfMdl(PVOID Base, SIZE_T Length)
{
    ddi_enter(MmSizeOfMdl);
    SIZE_T pages = (BYTE_OFFSET(Base) + Length + PAGE_SIZE - 1) >> PAGE_SHIFT;
    return sizeof(MDL) + pages * sizeof(PFN_NUMBER);
}

static void link_to_irp(PMDL mdl, PIRP irp, bool secondary)
{
    if (!secondary) {
        irp->MdlAddress = mdl;
        return;
    }
    PMDL *link = &irp->MdlAddress;
    while (*link != NULL) {
        link = &(*link)->Next;
    }
    *link = mdl;
}

/*
 * Makes an MDL for a buffer of up to 4 GB - PAGE_SIZE; it describes, and neither locks nor maps.  With Irp,
 * it becomes that request's MDL, or the last of its chain (SecondaryBuffer).  <= DISPATCH_LEVEL.  NULL when
 * memory is short or the buffer too long.  nf-wdm-ioallocatemdl.
 */
PMDL NTAPI IoAllocateMdl(PVOID VirtualAddress, ULONG Length, BOOLEAN SecondaryBuffer, BOOLEAN ChargeQuota,
                         PIRP Irp)
{
    ddi_enter(IoAllocateMdl);
    if (ddi_fails(IoAllocateMdl)) {
        return NULL;
    }
    (void)ChargeQuota;
    if (Length > MDL_LONGEST) {
        return NULL;
    }
    SIZE_T size = MmSizeOfMdl(VirtualAddress, Length);
    PMDL mdl = ex_pool_allocate(size, MDL_TAG, EX_POOL_ZERO, OBJECT_MDL, NULL);
    if (mdl == NULL) {
        return NULL;
    }
    MmInitializeMdl(mdl, VirtualAddress, Length);
    if (Irp != NULL) {
        link_to_irp(mdl, Irp, SecondaryBuffer);
    }
    return mdl;
}

/* Frees one MDL of IoAllocateMdl, not its chain.  <= DISPATCH_LEVEL.  A partial MDL is unmapped.
 * nf-wdm-iofreemdl. */
VOID NTAPI IoFreeMdl(PMDL Mdl)
{
    ddi_enter(IoFreeMdl);
    MmPrepareMdlForReuse(Mdl);
    ex_pool_free(Mdl, MDL_TAG, OBJECT_MDL);
}

/*
 * Makes TargetMdl describe part of what SourceMdl does: Length bytes at VirtualAddress, 0 for all that
 * follow.
 * <= DISPATCH_LEVEL.  A part outside the source, or a target with too few pages, is bug check 0x40
 * (TARGET_MDL_TOO_SMALL).  nf-wdm-iobuildpartialmdl.
 */
VOID NTAPI IoBuildPartialMdl(PMDL SourceMdl, PMDL TargetMdl, PVOID VirtualAddress, ULONG Length)
{
    ddi_enter(IoBuildPartialMdl);
    ULONG_PTR start = (ULONG_PTR)MmGetMdlVirtualAddress(SourceMdl), part = (ULONG_PTR)VirtualAddress;
    ULONG_PTR offset = part - start;
    if (Length == 0 && offset <= SourceMdl->ByteCount) {
        Length = SourceMdl->ByteCount - (ULONG)offset;
    }
    ULONG pages = ADDRESS_AND_SIZE_TO_SPAN_PAGES(VirtualAddress, Length);
    ULONG room = (ULONG)(((USHORT)TargetMdl->Size - sizeof(MDL)) / sizeof(PFN_NUMBER));
    if (offset > SourceMdl->ByteCount || Length > SourceMdl->ByteCount - offset || pages > room) {
        ke_bugcheck(0x40, (ULONG_PTR)TargetMdl, (ULONG_PTR)SourceMdl, part, Length);
    }
    TargetMdl->Process = SourceMdl->Process;
    TargetMdl->StartVa = PAGE_ALIGN(VirtualAddress);
    TargetMdl->ByteOffset = BYTE_OFFSET(VirtualAddress);
    TargetMdl->ByteCount = Length;
    TargetMdl->MappedSystemVa = NULL;
    TargetMdl->MdlFlags = MDL_PARTIAL;
    if (SourceMdl->MdlFlags & MDL_MAPPED_SOMEHOW) {
        TargetMdl->MappedSystemVa = (PCHAR)SourceMdl->MappedSystemVa + offset;
    }
    if (SourceMdl->MdlFlags & MDL_SOURCE_IS_NONPAGED_POOL) {
        TargetMdl->MdlFlags |= MDL_SOURCE_IS_NONPAGED_POOL;
    } else if (SourceMdl->MdlFlags & MDL_MAPPED_TO_SYSTEM_VA) {
        TargetMdl->MdlFlags |= MDL_PARENT_MAPPED_SYSTEM_VA;
    }
    fill_frames(TargetMdl);
}

/* Fills in the pages of a nonpaged buffer, which is mapped as it is.  <= DISPATCH_LEVEL.
 * nf-wdm-mmbuildmdlfornonpagedpool. */
VOID NTAPI MmBuildMdlForNonPagedPool(PMDL MemoryDescriptorList)
{
    ddi_enter(MmBuildMdlForNonPagedPool);
    MemoryDescriptorList->MdlFlags |= MDL_SOURCE_IS_NONPAGED_POOL;
    MemoryDescriptorList->Process = NULL;
    MemoryDescriptorList->MappedSystemVa = MmGetMdlVirtualAddress(MemoryDescriptorList);
    fill_frames(MemoryDescriptorList);
}

/*
 * Locks the pages.  <= DISPATCH_LEVEL for nonpaged memory, as all is here.  Never fails: a buffer that is not
 * there is found when it is touched.  nf-wdm-mmprobeandlockpages.
 */
VOID NTAPI MmProbeAndLockPages(PMDL MemoryDescriptorList, KPROCESSOR_MODE AccessMode,
                               LOCK_OPERATION Operation)
{
    ddi_enter(MmProbeAndLockPages);
    (void)AccessMode;
    MemoryDescriptorList->MdlFlags |= MDL_PAGES_LOCKED;
    if (Operation != IoReadAccess) {
        MemoryDescriptorList->MdlFlags |= MDL_WRITE_OPERATION;
    }
    fill_frames(MemoryDescriptorList);
}

/* Mappings are announced by where the MDL keeps their address, since the MDL itself is an object too. */
static void end_mapping(PMDL mdl)
{
    event_send(EVENT_OBJECT_DESTROY, &mdl->MappedSystemVa, OBJECT_MAPPING, mdl->ByteCount, 0, 0);
    mdl->MdlFlags &= ~(MDL_MAPPED_TO_SYSTEM_VA | MDL_PARTIAL_HAS_BEEN_MAPPED);
    mdl->MappedSystemVa = NULL;
}

/*
 * Unlocks what MmProbeAndLockPages locked, and ends the MDL's mapping.  <= DISPATCH_LEVEL.  What is not
 * locked is bug check 0x76/1 (PROCESS_HAS_LOCKED_PAGES).  nf-wdm-mmunlockpages.
 */
VOID NTAPI MmUnlockPages(PMDL MemoryDescriptorList)
{
    ddi_enter(MmUnlockPages);
    if (!(MemoryDescriptorList->MdlFlags & MDL_PAGES_LOCKED)) {
        ke_bugcheck(PROCESS_HAS_LOCKED_PAGES, 1, (ULONG_PTR)MemoryDescriptorList, 0, 0);
    }
    if (MemoryDescriptorList->MdlFlags & MDL_MAPPED_TO_SYSTEM_VA) {
        end_mapping(MemoryDescriptorList);
    }
    MemoryDescriptorList->MdlFlags &= ~(MDL_PAGES_LOCKED | MDL_WRITE_OPERATION);
}

/*
 * Maps the pages into system space and returns where.  <= DISPATCH_LEVEL (user mode: <= APC_LEVEL).  Never
 * fails; there is one address space, so a mapping for user mode is the same address.
 * nf-wdm-mmmaplockedpagesspecifycache.
 */
PVOID NTAPI MmMapLockedPagesSpecifyCache(PMDL MemoryDescriptorList, KPROCESSOR_MODE AccessMode,
                                         MEMORY_CACHING_TYPE CacheType, PVOID RequestedAddress,
                                         ULONG BugCheckOnFailure, ULONG Priority)
{
    ddi_enter(MmMapLockedPagesSpecifyCache);
    ddi_enter_when(MmMapLockedPagesSpecifyCache, user_mode, AccessMode != KernelMode);
    if (!BugCheckOnFailure && ddi_fails(MmMapLockedPagesSpecifyCache)) {
        return NULL;
    }
    (void)CacheType, (void)RequestedAddress, (void)BugCheckOnFailure, (void)Priority;
    PMDL mdl = MemoryDescriptorList;
    if (AccessMode == UserMode || mdl->MdlFlags & MDL_MAPPED_SOMEHOW) {
        return MmGetMdlVirtualAddress(mdl);
    }
    mdl->MdlFlags |= MDL_MAPPED_TO_SYSTEM_VA;
    mdl->MdlFlags |= mdl->MdlFlags & MDL_PARTIAL ? MDL_PARTIAL_HAS_BEEN_MAPPED : 0;
    mdl->MappedSystemVa = MmGetMdlVirtualAddress(mdl);
    event_send(EVENT_OBJECT_CREATE, &mdl->MappedSystemVa, OBJECT_MAPPING, mdl->ByteCount, 0, 0);
    return mdl->MappedSystemVa;
}

/* The same with the defaults; obsolete.  nf-wdm-mmmaplockedpages. */
PVOID NTAPI MmMapLockedPages(PMDL MemoryDescriptorList, KPROCESSOR_MODE AccessMode)
{
    ddi_enter(MmMapLockedPages);
    ddi_enter_when(MmMapLockedPages, user_mode, AccessMode != KernelMode);
    return MmMapLockedPagesSpecifyCache(MemoryDescriptorList, AccessMode, MmCached, NULL, TRUE,
                                        HighPagePriority);
}

/*
 * Ends a mapping.  <= DISPATCH_LEVEL.  What is not mapped is bug check 0xDA/6, what is mapped elsewhere
 * 0xDA/3. nf-wdm-mmunmaplockedpages.
 */
VOID NTAPI MmUnmapLockedPages(PVOID BaseAddress, PMDL MemoryDescriptorList)
{
    ddi_enter(MmUnmapLockedPages);
    PMDL mdl = MemoryDescriptorList;
    ddi_enter_when(MmUnmapLockedPages, user_mode, !(mdl->MdlFlags & MDL_MAPPED_SOMEHOW));
    if (!(mdl->MdlFlags & MDL_MAPPED_TO_SYSTEM_VA)) {
        if (mdl->MdlFlags & MDL_SOURCE_IS_NONPAGED_POOL || BaseAddress != MmGetMdlVirtualAddress(mdl)) {
            ke_bugcheck(SYSTEM_PTE_MISUSE, 6, (ULONG_PTR)mdl, (ULONG_PTR)BaseAddress, 0);
        }
        return; /* a user-mode mapping, which left no mark */
    }
    if (BaseAddress != mdl->MappedSystemVa) {
        ke_bugcheck(SYSTEM_PTE_MISUSE, 3, 0, (ULONG_PTR)mdl->MappedSystemVa, (ULONG_PTR)BaseAddress);
    }
    end_mapping(mdl);
}

/*
 * Allocates zeroed pages and an MDL that describes them; the addresses are not looked at.  <= APC_LEVEL. NULL
 * when memory is short.  The pages go back with MmFreePagesFromMdl, then the MDL with ExFreePool.
 * nf-wdm-mmallocatepagesformdlex.
 */
PMDL NTAPI MmAllocatePagesForMdlEx(PHYSICAL_ADDRESS LowAddress, PHYSICAL_ADDRESS HighAddress,
                                   PHYSICAL_ADDRESS SkipBytes, SIZE_T TotalBytes,
                                   MEMORY_CACHING_TYPE CacheType, ULONG Flags)
{
    ddi_enter(MmAllocatePagesForMdlEx);
    if (ddi_fails(MmAllocatePagesForMdlEx)) {
        return NULL;
    }
    (void)LowAddress, (void)HighAddress, (void)SkipBytes, (void)CacheType, (void)Flags;
    SIZE_T bytes = ROUND_TO_PAGES(TotalBytes);
    if (bytes == 0 || bytes > MDL_LONGEST) {
        return NULL;
    }
    void *pages = ex_pool_allocate(bytes, MDL_TAG, EX_POOL_ZERO, OBJECT_MDL, NULL);
    PMDL mdl = ex_pool_allocate(MmSizeOfMdl(NULL, bytes), MDL_TAG, EX_POOL_ZERO, OBJECT_POOL, NULL);
    if (pages == NULL || mdl == NULL) {
        if (pages != NULL) {
            ex_pool_free(pages, MDL_TAG, OBJECT_MDL);
        }
        if (mdl != NULL) {
            ex_pool_free(mdl, MDL_TAG, OBJECT_POOL);
        }
        return NULL;
    }
    MmInitializeMdl(mdl, pages, bytes);
    mdl->MdlFlags = MDL_PAGES_LOCKED;
    fill_frames(mdl);
    return mdl;
}

/* The same without caching type and flags.  nf-wdm-mmallocatepagesformdl. */
PMDL NTAPI MmAllocatePagesForMdl(PHYSICAL_ADDRESS LowAddress, PHYSICAL_ADDRESS HighAddress,
                                 PHYSICAL_ADDRESS SkipBytes, SIZE_T TotalBytes)
{
    ddi_enter(MmAllocatePagesForMdl);
    if (ddi_fails(MmAllocatePagesForMdl)) {
        return NULL;
    }
    return MmAllocatePagesForMdlEx(LowAddress, HighAddress, SkipBytes, TotalBytes, MmCached, 0);
}

/* Frees those pages, not the MDL.  <= APC_LEVEL.  nf-wdm-mmfreepagesfrommdl. */
VOID NTAPI MmFreePagesFromMdl(PMDL MemoryDescriptorList)
{
    ddi_enter(MmFreePagesFromMdl);
    void *pages = MemoryDescriptorList->StartVa;
    if (MemoryDescriptorList->MdlFlags & MDL_MAPPED_TO_SYSTEM_VA) {
        end_mapping(MemoryDescriptorList);
    }
    MemoryDescriptorList->MdlFlags = 0;
    MemoryDescriptorList->StartVa = NULL;
    ex_pool_free(pages, MDL_TAG, OBJECT_MDL);
}
