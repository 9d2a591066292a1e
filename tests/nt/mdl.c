/*
 * mdl.c - memory descriptor lists and chains of them.
 */
#include <ntddk.h>

#include "check.h"
#include "machine.h"
#include "mm/dma.h"

#define TAG 0x74736554u

static void check_frames(PMDL mdl)
{
    ULONG pages = ADDRESS_AND_SIZE_TO_SPAN_PAGES(MmGetMdlVirtualAddress(mdl), MmGetMdlByteCount(mdl));
    for (ULONG i = 0; i < pages; i++) {
        CHECK_EQ(MmGetMdlPfnArray(mdl)[i],
                 mm_physical_address((char *)MmGetMdlBaseVa(mdl) + i * PAGE_SIZE) >> PAGE_SHIFT);
    }
}

static void of_nonpaged_pool(void *argument)
{
    (void)argument;
    char *block = ExAllocatePoolWithTag(NonPagedPoolNx, 3 * PAGE_SIZE, TAG);
    PMDL mdl = IoAllocateMdl(block + 100, 2 * PAGE_SIZE, FALSE, FALSE, NULL);
    CHECK_EQ((USHORT)mdl->Size, MmSizeOfMdl(block + 100, 2 * PAGE_SIZE));
    CHECK_EQ(mdl->Size, sizeof(MDL) + 3 * sizeof(PFN_NUMBER));
    CHECK_EQ(MmGetMdlByteOffset(mdl), 100);
    CHECK_EQ(MmGetMdlByteCount(mdl), 2 * PAGE_SIZE);
    CHECK_PTR(MmGetMdlVirtualAddress(mdl), block + 100);
    MmBuildMdlForNonPagedPool(mdl);
    check_frames(mdl);
    CHECK_PTR(MmGetSystemAddressForMdlSafe(mdl, NormalPagePriority), block + 100);
    IoFreeMdl(mdl);
    ExFreePool(block);
    CHECK_PTR(IoAllocateMdl(NULL, 0xFFFFFFFF, FALSE, FALSE, NULL), NULL);
}

static void locked_and_mapped(void *argument)
{
    (void)argument;
    char *block = ExAllocatePoolWithTag(PagedPool, 2 * PAGE_SIZE, TAG);
    PMDL mdl = IoAllocateMdl(block, 2 * PAGE_SIZE, FALSE, FALSE, NULL);
    MmProbeAndLockPages(mdl, KernelMode, IoWriteAccess);
    CHECK_EQ(mdl->MdlFlags, MDL_PAGES_LOCKED | MDL_WRITE_OPERATION);
    check_frames(mdl);
    char *mapped = MmGetSystemAddressForMdlSafe(mdl, NormalPagePriority);
    CHECK(mdl->MdlFlags & MDL_MAPPED_TO_SYSTEM_VA);
    memset(mapped, 0x5A, 2 * PAGE_SIZE);
    CHECK_EQ(block[2 * PAGE_SIZE - 1], 0x5A);
    CHECK_PTR(MmGetSystemAddressForMdlSafe(mdl, NormalPagePriority), mapped);
    MmUnmapLockedPages(mapped, mdl);
    CHECK_EQ(mdl->MdlFlags, MDL_PAGES_LOCKED | MDL_WRITE_OPERATION);
    CHECK_PTR(MmMapLockedPagesSpecifyCache(mdl, KernelMode, MmCached, NULL, FALSE, NormalPagePriority),
              mapped);
    MmUnlockPages(mdl); /* ends the mapping too */
    CHECK_EQ(mdl->MdlFlags, 0);
    IoFreeMdl(mdl);
    ExFreePool(block);
}

static void partial(void *argument)
{
    (void)argument;
    char *block = ExAllocatePoolWithTag(NonPagedPoolNx, 4 * PAGE_SIZE, TAG);
    PMDL whole = IoAllocateMdl(block, 4 * PAGE_SIZE, FALSE, FALSE, NULL);
    PMDL part = IoAllocateMdl(block, 4 * PAGE_SIZE, FALSE, FALSE, NULL);
    MmBuildMdlForNonPagedPool(whole);
    IoBuildPartialMdl(whole, part, block + PAGE_SIZE + 10, 20);
    CHECK_EQ(MmGetMdlByteCount(part), 20);
    CHECK_PTR(MmGetSystemAddressForMdlSafe(part, NormalPagePriority), block + PAGE_SIZE + 10);
    check_frames(part);
    IoBuildPartialMdl(whole, part, block + PAGE_SIZE + 10, 0); /* the rest */
    CHECK_EQ(MmGetMdlByteCount(part), 3 * PAGE_SIZE - 10);
    IoFreeMdl(whole);

    whole = IoAllocateMdl(block, 4 * PAGE_SIZE, FALSE, FALSE, NULL);
    MmProbeAndLockPages(whole, KernelMode, IoReadAccess);
    IoBuildPartialMdl(whole, part, block, PAGE_SIZE);
    CHECK_PTR(MmGetSystemAddressForMdlSafe(part, NormalPagePriority), block);
    CHECK(part->MdlFlags & MDL_PARTIAL_HAS_BEEN_MAPPED);
    MmPrepareMdlForReuse(part);
    CHECK_EQ(part->MdlFlags, MDL_PARTIAL);
    CHECK_PTR(MmGetSystemAddressForMdlSafe(part, NormalPagePriority), block);
    IoFreeMdl(part); /* unmaps */
    MmUnlockPages(whole);
    IoFreeMdl(whole);
    ExFreePool(block);
}

static void chained_to_a_request(void *argument)
{
    static char buffers[3][100];
    (void)argument;
    PIRP irp = IoAllocateIrp(1, FALSE);
    PMDL first = IoAllocateMdl(buffers[0], 100, FALSE, FALSE, irp);
    PMDL second = IoAllocateMdl(buffers[1], 50, TRUE, FALSE, irp);
    PMDL third = IoAllocateMdl(buffers[2], 25, TRUE, FALSE, irp);
    CHECK_PTR(irp->MdlAddress, first);
    CHECK_PTR(first->Next, second);
    CHECK_PTR(second->Next, third);
    CHECK_PTR(third->Next, NULL);
    ULONG bytes = 0;
    while (irp->MdlAddress != NULL) {
        PMDL mdl = irp->MdlAddress;
        irp->MdlAddress = mdl->Next;
        bytes += MmGetMdlByteCount(mdl);
        IoFreeMdl(mdl);
    }
    CHECK_EQ(bytes, 175);
    IoFreeIrp(irp);
}

static void pages(void *argument)
{
    (void)argument;
    PHYSICAL_ADDRESS low = {.QuadPart = 0}, high = {.QuadPart = MAXLONGLONG};
    PMDL mdl = MmAllocatePagesForMdl(low, high, low, 2 * PAGE_SIZE + 1);
    CHECK_EQ(MmGetMdlByteCount(mdl), 3 * PAGE_SIZE);
    char *mapped = MmGetSystemAddressForMdlSafe(mdl, NormalPagePriority);
    CHECK_EQ(mapped[3 * PAGE_SIZE - 1], 0);
    memset(mapped, 1, 3 * PAGE_SIZE);
    MmUnmapLockedPages(mapped, mdl);
    MmFreePagesFromMdl(mdl);
    ExFreePool(mdl);
}

static PMDL locked_mdl(void)
{
    static char buffer[64];
    check_expected_end = UNDIS_STOPPED;
    PMDL mdl = IoAllocateMdl(buffer, sizeof(buffer), FALSE, FALSE, NULL);
    MmProbeAndLockPages(mdl, KernelMode, IoReadAccess);
    return mdl;
}

static void unlocked_twice(void *argument)
{
    (void)argument;
    PMDL mdl = locked_mdl();
    MmUnlockPages(mdl);
    MmUnlockPages(mdl);
    CHECK(false);
}

static void unmapped_elsewhere(void *argument)
{
    (void)argument;
    PMDL mdl = locked_mdl();
    char *mapped = MmGetSystemAddressForMdlSafe(mdl, NormalPagePriority);
    MmUnmapLockedPages(mapped + 1, mdl);
    CHECK(false);
}

static void partial_too_long(void *argument)
{
    (void)argument;
    PMDL whole = locked_mdl(), part = IoAllocateMdl(MmGetMdlVirtualAddress(whole), 64, FALSE, FALSE, NULL);
    IoBuildPartialMdl(whole, part, MmGetMdlVirtualAddress(whole), 65);
    CHECK(false);
}

static const struct test_case cases[] = {
    CASE("mdl.of-nonpaged-pool", of_nonpaged_pool, "", 1, BOTH),
    CASE("mdl.locked-and-mapped", locked_and_mapped, "", 1, BOTH),
    CASE("mdl.partial", partial, "", 1, BOTH),
    CASE("mdl.chained-to-a-request", chained_to_a_request, "", 1, BOTH),
    CASE("mdl.pages", pages, "", 1, BOTH),
    CASE("mdl.unlocked-twice", unlocked_twice, "DriverBugCheck", 1, BOTH),
    CASE("mdl.unmapped-elsewhere", unmapped_elsewhere, "DriverBugCheck", 1, BOTH),
    CASE("mdl.partial-too-long", partial_too_long, "DriverBugCheck", 1, BOTH),
};

TEST_MAIN(cases)
