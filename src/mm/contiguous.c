/*
 * contiguous.c - physically contiguous and noncached memory, physical addresses, and what else Mm exports.
 *
 * The memory comes from the region that devices can reach, so a guard page lies behind each block.
 */
#include "ex/map.h"
#include "ke/ddi.h"
#include "ke/event.h"
#include "ke/fault.h"
#include "ke/pageable.h"
#include "ke/run.h"
#include "mm/dma.h"

#include <dlfcn.h>

#define CONTIGUOUS_TAG 0x746E6F43u /* 'Cont' */
#define ROUTINE_NAME_LONGEST 128

static struct ke_guard contiguous_guard;
static struct ex_map contiguous; /* value: length, physical address */

static bool acceptable(uint64_t pa, size_t length, uint64_t low, uint64_t high, uint64_t multiple)
{
    uint64_t last = pa + length - 1;
    return pa >= low && last <= high && (multiple == 0 || pa / multiple == last / multiple);
}

static void *allocate(size_t length, uint64_t low, uint64_t high, uint64_t multiple)
{
    uint64_t pa;
    void *va = length != 0 ? dma_shared_allocate(length, &pa) : NULL;
    if (va == NULL) {
        return NULL;
    }
    KIRQL old = ke_guard_enter(&contiguous_guard);
    bool kept = acceptable(pa, length, low, high, multiple) &&
                ex_map_put(&contiguous, (struct ex_map_entry){va, {length, pa, 0}});
    ke_guard_leave(&contiguous_guard, old);
    if (!kept) {
        (void)dma_shared_free(va, length, pa);
        return NULL;
    }
    event_send(EVENT_OBJECT_CREATE, va, OBJECT_POOL, length, CONTIGUOUS_TAG, 0);
    return va;
}

static void release(void *va)
{
    size_t length = 0;
    uint64_t pa = 0;
    KIRQL old = ke_guard_enter(&contiguous_guard);
    const struct ex_map_entry *entry = ex_map_find(&contiguous, va);
    if (entry != NULL) {
        length = entry->value[0];
        pa = entry->value[1];
        ex_map_remove(&contiguous, va);
    }
    ke_guard_leave(&contiguous_guard, old);
    if (length == 0) {
        ke_bugcheck(0xC2, 0x60, (ULONG_PTR)va, 0, 0);
    }
    event_send(EVENT_OBJECT_DESTROY, va, OBJECT_POOL, length, CONTIGUOUS_TAG, 0);
    event_send(EVENT_POOL_REUSE, va, 0, 0, 0, 0);
    (void)dma_shared_free(va, length, pa);
}

/*
 * Allocates zeroed memory that is contiguous in physical memory, within the given physical addresses.
 * PASSIVE_LEVEL to DISPATCH_LEVEL.  NULL when there is none.  nf-wdm-mmallocatecontiguousmemoryspecifycache.
 */
PVOID NTAPI MmAllocateContiguousMemorySpecifyCache(SIZE_T NumberOfBytes,
                                                   PHYSICAL_ADDRESS LowestAcceptableAddress,
                                                   PHYSICAL_ADDRESS HighestAcceptableAddress,
                                                   PHYSICAL_ADDRESS BoundaryAddressMultiple,
                                                   MEMORY_CACHING_TYPE CacheType)
{
    ddi_enter(MmAllocateContiguousMemorySpecifyCache);
    if (ddi_fails(MmAllocateContiguousMemorySpecifyCache)) {
        return NULL;
    }
    (void)CacheType;
    return allocate(NumberOfBytes, (uint64_t)LowestAcceptableAddress.QuadPart,
                    (uint64_t)HighestAcceptableAddress.QuadPart, (uint64_t)BoundaryAddressMultiple.QuadPart);
}

/* The same from address 0 on.  nf-wdm-mmallocatecontiguousmemory. */
PVOID NTAPI MmAllocateContiguousMemory(SIZE_T NumberOfBytes, PHYSICAL_ADDRESS HighestAcceptableAddress)
{
    ddi_enter(MmAllocateContiguousMemory);
    if (ddi_fails(MmAllocateContiguousMemory)) {
        return NULL;
    }
    return allocate(NumberOfBytes, 0, (uint64_t)HighestAcceptableAddress.QuadPart, 0);
}

/* Frees it.  <= DISPATCH_LEVEL.  Another address is bug check 0xC2/0x60.  nf-wdm-mmfreecontiguousmemory. */
VOID NTAPI MmFreeContiguousMemory(PVOID BaseAddress)
{
    ddi_enter(MmFreeContiguousMemory);
    release(BaseAddress);
}

VOID NTAPI MmFreeContiguousMemorySpecifyCache(PVOID BaseAddress, SIZE_T NumberOfBytes,
                                              MEMORY_CACHING_TYPE CacheType)
{
    ddi_enter(MmFreeContiguousMemorySpecifyCache);
    (void)NumberOfBytes, (void)CacheType;
    release(BaseAddress);
}

/* Page-aligned memory that is not cached; here contiguous memory.  <= APC_LEVEL.
 * nf-ntddk-mmallocatenoncachedmemory. */
PVOID NTAPI MmAllocateNonCachedMemory(SIZE_T NumberOfBytes)
{
    ddi_enter(MmAllocateNonCachedMemory);
    if (ddi_fails(MmAllocateNonCachedMemory)) {
        return NULL;
    }
    return allocate(NumberOfBytes, 0, UINT64_MAX, 0);
}

VOID NTAPI MmFreeNonCachedMemory(PVOID BaseAddress, SIZE_T NumberOfBytes)
{
    ddi_enter(MmFreeNonCachedMemory);
    (void)NumberOfBytes;
    release(BaseAddress);
}

/* The physical address of one byte of memory.  Any IRQL.  nf-wdm-mmgetphysicaladdress. */
PHYSICAL_ADDRESS NTAPI MmGetPhysicalAddress(PVOID BaseAddress)
{
    ddi_enter(MmGetPhysicalAddress);
    return (PHYSICAL_ADDRESS){.QuadPart = (LONGLONG)mm_physical_address(BaseAddress)};
}

/* Whether reading that byte would not fault, at this moment.  Any IRQL.  nf-ntddk-mmisaddressvalid. */
BOOLEAN NTAPI MmIsAddressValid(PVOID VirtualAddress)
{
    ddi_enter(MmIsAddressValid);
    return host_readable(VirtualAddress);
}

/* The routine of that name that undis exports, or NULL.  PASSIVE_LEVEL.  nf-wdm-mmgetsystemroutineaddress. */
PVOID NTAPI MmGetSystemRoutineAddress(PUNICODE_STRING SystemRoutineName)
{
    ddi_enter(MmGetSystemRoutineAddress);
    char name[ROUTINE_NAME_LONGEST];
    size_t length = SystemRoutineName->Length / sizeof(WCHAR);
    if (length >= sizeof(name)) {
        return NULL;
    }
    for (size_t i = 0; i < length; i++) {
        name[i] = SystemRoutineName->Buffer[i] < 0x80 ? (char)SystemRoutineName->Buffer[i] : '?';
    }
    name[length] = '\0';
    /* Only our own exports count: a libc function is no system routine. */
    Dl_info ours = {0}, found = {0};
    KIRQL old = ke_mask();
    void *routine = dlsym(RTLD_DEFAULT, name);
    bool exported = routine != NULL && dladdr(routine, &found) != 0 &&
                    dladdr((void *)(uintptr_t)MmGetSystemRoutineAddress, &ours) != 0 &&
                    found.dli_fbase == ours.dli_fbase;
    ke_unmask(old);
    return exported ? routine : NULL;
}

/*
 * Nothing is paged out; what is locked may run at DISPATCH_LEVEL (ke/pageable.h).  The handle is where the
 * section begins, or the address itself where nothing is pageable.  nf-wdm-mmlockpagabledatasection, <=
 * APC_LEVEL.
 */
PVOID NTAPI MmLockPagableDataSection(PVOID AddressWithinSection)
{
    ddi_enter(MmLockPagableDataSection);
    uintptr_t section = ke_pageable_lock((uintptr_t)AddressWithinSection);
    return section != 0 ? (PVOID)section : AddressWithinSection;
}

/* Once more, by the handle.  nf-wdm-mmlockpagablesectionbyhandle, <= APC_LEVEL. */
VOID NTAPI MmLockPagableSectionByHandle(PVOID ImageSectionHandle)
{
    ddi_enter(MmLockPagableSectionByHandle);
    (void)ke_pageable_lock((uintptr_t)ImageSectionHandle);
}

VOID NTAPI MmUnlockPagableImageSection(PVOID ImageSectionHandle)
{
    ddi_enter(MmUnlockPagableImageSection);
    ke_pageable_unlock((uintptr_t)ImageSectionHandle);
}
