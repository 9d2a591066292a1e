/*
 * pool.c - pool, lookaside lists and contiguous memory, on processors and at DISPATCH_LEVEL.
 */
#include <ntddk.h>

#include "check.h"
#include "machine.h"
#include "ex/pool.h"

#define TAG 0x74736554u /* 'Test' */

static void blocks_are_aligned(void *argument)
{
    (void)argument;
    for (SIZE_T size = 1; size <= 3 * PAGE_SIZE; size += size < 200 ? 1 : 37) {
        char *block = ExAllocatePoolWithTag(NonPagedPoolNx, size, TAG);
        CHECK(block != NULL);
        CHECK_EQ((ULONG_PTR)block % 16, 0);
        if (size >= PAGE_SIZE) {
            CHECK_EQ((ULONG_PTR)block % PAGE_SIZE, 0);
        } else {
            CHECK_PTR(PAGE_ALIGN(block), PAGE_ALIGN(block + size - 1));
        }
        memset(block, 0x11, size);
        ExFreePoolWithTag(block, TAG);
    }
    void *line = ExAllocatePoolWithTag(NonPagedPoolNxCacheAligned, 24, TAG);
    CHECK_EQ((ULONG_PTR)line % 64, 0);
    ExFreePool(line);
}

static bool all_bytes(const UCHAR *block, size_t size, UCHAR value)
{
    for (size_t i = 0; i < size; i++) {
        if (block[i] != value) {
            return false;
        }
    }
    return true;
}

static void contents(void *argument)
{
    (void)argument;
    UCHAR *zeroed = ExAllocatePool2(POOL_FLAG_NON_PAGED, 1000, TAG);
    CHECK(all_bytes(zeroed, 1000, 0));
    ExFreePoolWithTag(zeroed, TAG);
    zeroed = ExAllocatePoolZero(NonPagedPoolNx, 1000, TAG);
    CHECK(all_bytes(zeroed, 1000, 0));
    ExFreePoolWithTag(zeroed, TAG);
    zeroed = ExAllocatePoolWithTag((POOL_TYPE)(NonPagedPoolNx | POOL_ZERO_ALLOCATION), 100, TAG);
    CHECK(all_bytes(zeroed, 100, 0));
    ExFreePoolWithTag(zeroed, 0);
    UCHAR *raw = ExAllocatePool2(POOL_FLAG_NON_PAGED | POOL_FLAG_UNINITIALIZED, 1000, TAG);
    if (undis_is_checked()) {
        CHECK(all_bytes(raw, 1000, EX_POOL_NEW_BYTE));
    }
    size_t size;
    ULONG tag;
    CHECK(ex_pool_query(raw, &size, &tag));
    CHECK_EQ(size, 1000);
    CHECK_EQ(tag, TAG);
    CHECK(!ex_pool_query(raw + 16, &size, &tag));
    ExFreePool(raw);
    CHECK(!ex_pool_query(raw, &size, &tag));
}

static void requests_that_fail(void *argument)
{
    (void)argument;
    CHECK_PTR(ExAllocatePool2(POOL_FLAG_NON_PAGED, 16, 0), NULL);
    CHECK_PTR(ExAllocatePool2(POOL_FLAG_UNINITIALIZED, 16, TAG), NULL);
    CHECK_PTR(ExAllocatePool2(POOL_FLAG_NON_PAGED | POOL_FLAG_PAGED, 16, TAG), NULL);
    CHECK_PTR(ExAllocatePool2(POOL_FLAG_NON_PAGED | 0x40000000, 16, TAG), NULL);
    CHECK_PTR(ExAllocatePool2(POOL_FLAG_NON_PAGED, (SIZE_T)-16, TAG), NULL);
    CHECK_PTR(ExAllocatePoolWithTag(NonPagedPoolNx, (SIZE_T)-1, TAG), NULL);
    void *optional = ExAllocatePool2(POOL_FLAG_NON_PAGED | POOL_FLAG_SPECIAL_POOL | 0x200000000ull, 16, TAG);
    CHECK(optional != NULL); /* unknown optional flags are ignored */
    ExFreePoolWithTag(optional, TAG);
    POOL_EXTENDED_PARAMETER parameter = {0};
    parameter.Type = PoolExtendedParameterSecurePool;
    CHECK_PTR(ExAllocatePool3(POOL_FLAG_NON_PAGED, 16, TAG, &parameter, 1), NULL);
    parameter.Optional = 1;
    void *block = ExAllocatePool3(POOL_FLAG_NON_PAGED, 16, TAG, &parameter, 1);
    CHECK(block != NULL);
    ExFreePool2(block, TAG, NULL, 0);
    void *empty = ExAllocatePoolWithTag(NonPagedPoolNx, 0, TAG);
    CHECK(empty != NULL);
    ExFreePool(empty);
}

/* ---- from everywhere at once --------------------------------------------------------------------- */

#define KEPT 64
static volatile LONG stress_errors;

/* Allocates, fills, checks and frees blocks of changing sizes. */
static void churn(ULONG seed, unsigned rounds)
{
    UCHAR *blocks[KEPT] = {0};
    ULONG sizes[KEPT];
    for (unsigned i = 0; i < rounds; i++) {
        unsigned slot = RtlRandomEx(&seed) % KEPT;
        if (blocks[slot] != NULL) {
            if (!all_bytes(blocks[slot], sizes[slot], (UCHAR)sizes[slot])) {
                InterlockedIncrement(&stress_errors);
            }
            ExFreePoolWithTag(blocks[slot], TAG);
        }
        sizes[slot] = RtlRandomEx(&seed) % 5000 + 1;
        blocks[slot] = ExAllocatePoolWithTag(NonPagedPoolNx, sizes[slot], TAG);
        memset(blocks[slot], (UCHAR)sizes[slot], sizes[slot]);
    }
    for (unsigned slot = 0; slot < KEPT; slot++) {
        if (blocks[slot] != NULL) {
            ExFreePoolWithTag(blocks[slot], TAG);
        }
    }
}

static volatile LONG dpcs_run;

static VOID churn_dpc(PKDPC dpc, PVOID context, PVOID argument1, PVOID argument2)
{
    (void)dpc, (void)context, (void)argument1, (void)argument2;
    churn((ULONG)InterlockedIncrement(&dpcs_run), 40);
}

static void churn_thread(void *argument)
{
    for (unsigned i = 0; i < 20; i++) {
        churn((ULONG)(ULONG_PTR)argument * 100 + i, 150);
    }
}

static void used_by_threads_and_dpcs_at_once(void *argument)
{
    struct thread threads[8];
    static KDPC dpcs[4];
    (void)argument;
    for (int i = 0; i < 4; i++) {
        KeInitializeDpc(&dpcs[i], churn_dpc, NULL);
        KeSetTargetProcessorDpc(&dpcs[i], (CCHAR)i);
    }
    for (int i = 0; i < 8; i++) {
        thread_start(&threads[i], churn_thread, (void *)(ULONG_PTR)i, i % 4);
    }
    for (int round = 0; round < 100; round++) {
        for (int i = 0; i < 4; i++) {
            KeInsertQueueDpc(&dpcs[i], NULL, NULL);
        }
        sleep_ms(1);
    }
    for (int i = 0; i < 8; i++) {
        thread_join(&threads[i]);
    }
    KeFlushQueuedDpcs();
    CHECK_EQ(stress_errors, 0);
    CHECK(dpcs_run > 20);
}

/* ---- frees that stop the machine ----------------------------------------------------------------- */

static void free_twice(void *argument)
{
    (void)argument;
    check_expected_end = UNDIS_STOPPED;
    void *block = ExAllocatePoolWithTag(NonPagedPoolNx, 48, TAG);
    ExFreePoolWithTag(block, TAG);
    ExFreePoolWithTag(block, TAG);
    CHECK(false); /* not reached */
}

static void free_with_other_tag(void *argument)
{
    (void)argument;
    check_expected_end = UNDIS_STOPPED;
    void *block = ExAllocatePoolWithTag(NonPagedPoolNx, 48, TAG);
    ExFreePoolWithTag(block, TAG + 1);
    CHECK(false);
}

static void free_inside(void *argument)
{
    (void)argument;
    check_expected_end = UNDIS_STOPPED;
    char *block = ExAllocatePoolWithTag(NonPagedPoolNx, 48, TAG);
    ExFreePool(block + 16);
    CHECK(false);
}

static void free_stack(void *argument)
{
    char here[32];
    (void)argument;
    check_expected_end = UNDIS_STOPPED;
    ExFreePool(here);
    CHECK(false);
}

static void free_null(void *argument)
{
    (void)argument;
    check_expected_end = UNDIS_STOPPED;
    ExFreePool(NULL);
    CHECK(false);
}

static void free_mdl_as_pool(void *argument)
{
    char buffer[64];
    (void)argument;
    check_expected_end = UNDIS_STOPPED;
    ExFreePool(IoAllocateMdl(buffer, sizeof(buffer), FALSE, FALSE, NULL));
    CHECK(false);
}

static void allocate_without_tag(void *argument)
{
    (void)argument;
    check_expected_end = UNDIS_STOPPED;
    ExAllocatePoolWithTag(NonPagedPoolNx, 16, 0);
    CHECK(false);
}

static void raise_when_too_large(void *argument)
{
    (void)argument;
    check_expected_end = UNDIS_STOPPED;
    ExAllocatePool2(POOL_FLAG_NON_PAGED | POOL_FLAG_RAISE_ON_FAILURE, (SIZE_T)-1, TAG);
    CHECK(false);
}

/* ---- lookaside lists and contiguous memory ------------------------------------------------------- */

static LONG custom_live;

static PVOID custom_allocate(POOL_TYPE type, SIZE_T bytes, ULONG tag)
{
    custom_live++;
    return ExAllocatePoolWithTag(type, bytes, tag);
}

static VOID custom_free(PVOID block)
{
    custom_live--;
    ExFreePool(block);
}

static void lookaside_lists(void *argument)
{
    struct {
        NPAGED_LOOKASIDE_LIST plain;
        LOOKASIDE_LIST_EX extended;
    } *lists = ExAllocatePoolWithTag(NonPagedPoolNx, PAGE_SIZE, TAG); /* aligned as they must be */
    NPAGED_LOOKASIDE_LIST *list = &lists->plain;
    LOOKASIDE_LIST_EX *list_ex = &lists->extended;
    void *blocks[100];
    (void)argument;
    ExInitializeNPagedLookasideList(list, custom_allocate, custom_free, POOL_NX_ALLOCATION, 3, TAG, 0);
    CHECK(list->L.Size >= sizeof(SLIST_ENTRY));
    for (int round = 0; round < 2; round++) {
        for (int i = 0; i < 100; i++) {
            blocks[i] = ExAllocateFromNPagedLookasideList(list);
            memset(blocks[i], i, list->L.Size);
        }
        for (int i = 0; i < 100; i++) {
            CHECK(all_bytes(blocks[i], list->L.Size, (UCHAR)i));
            ExFreeToNPagedLookasideList(list, blocks[i]);
        }
    }
    CHECK_EQ(list->L.TotalAllocates, 200);
    CHECK_EQ(list->L.TotalFrees, 200);
    /* The free build keeps blocks, the checked build never, so that a use after free is seen. */
    CHECK(undis_is_checked() ? list->L.AllocateMisses == 200 : list->L.AllocateMisses < 200);
    ExDeleteNPagedLookasideList(list);
    CHECK_EQ(custom_live, 0);

    CHECK_EQ(ExInitializeLookasideListEx(list_ex, NULL, NULL, NonPagedPoolNx, 8, 64, TAG, 0),
             STATUS_INVALID_PARAMETER_5);
    CHECK_EQ(ExInitializeLookasideListEx(list_ex, NULL, NULL, NonPagedPoolNx, 0, 64, TAG, 0), STATUS_SUCCESS);
    void *block = ExAllocateFromLookasideListEx(list_ex);
    memset(block, 1, 64);
    ExFreeToLookasideListEx(list_ex, block);
    ExDeleteLookasideListEx(list_ex);
    ExFreePoolWithTag(lists, TAG);
}

static void contiguous_memory(void *argument)
{
    (void)argument;
    PHYSICAL_ADDRESS none = {.QuadPart = 0}, all = {.QuadPart = MAXLONGLONG};
    char *block = MmAllocateContiguousMemory(3 * PAGE_SIZE, all);
    CHECK(block != NULL);
    CHECK_EQ((ULONG_PTR)block % PAGE_SIZE, 0);
    CHECK(all_bytes((UCHAR *)block, 3 * PAGE_SIZE, 0));
    LONGLONG start = MmGetPhysicalAddress(block).QuadPart;
    for (unsigned i = 0; i < 3 * PAGE_SIZE; i += 512) {
        CHECK_EQ(MmGetPhysicalAddress(block + i).QuadPart, start + i);
    }
    CHECK(MmIsAddressValid(block));
    CHECK(!MmIsAddressValid((PVOID)16));
    MmFreeContiguousMemory(block);
    CHECK(!MmIsAddressValid(block));
    PHYSICAL_ADDRESS low = {.QuadPart = 1};
    CHECK_PTR(MmAllocateContiguousMemorySpecifyCache(PAGE_SIZE, none, low, none, MmCached), NULL);
    void *noncached = MmAllocateNonCachedMemory(100);
    memset(noncached, 1, 100);
    MmFreeNonCachedMemory(noncached, 100);
}

static void free_contiguous_that_is_not(void *argument)
{
    (void)argument;
    check_expected_end = UNDIS_STOPPED;
    MmFreeContiguousMemory(ExAllocatePoolWithTag(NonPagedPoolNx, PAGE_SIZE, TAG));
    CHECK(false);
}

static const struct test_case cases[] = {
    CASE("pool.blocks-are-aligned", blocks_are_aligned, "", 1, BOTH),
    CASE("pool.contents", contents, "", 1, BOTH),
    CASE("pool.requests-that-fail", requests_that_fail, "", 1, BOTH),
    CASE("pool.threads-and-dpcs-at-once", used_by_threads_and_dpcs_at_once, "", 4, BOTH),
    CASE("pool.free-twice", free_twice, "DriverBugCheck", 1, BOTH),
    CASE("pool.free-with-other-tag", free_with_other_tag, "DriverBugCheck", 1, BOTH),
    CASE("pool.free-inside", free_inside, "DriverBugCheck", 1, BOTH),
    CASE("pool.free-stack", free_stack, "DriverBugCheck", 1, BOTH),
    CASE("pool.free-null", free_null, "DriverBugCheck", 1, BOTH),
    CASE("pool.free-mdl-as-pool", free_mdl_as_pool, "DriverBugCheck", 1, BOTH),
    CASE("pool.allocate-without-tag", allocate_without_tag, "DriverBugCheck", 1, BOTH),
    CASE("pool.raise-when-too-large", raise_when_too_large, "DriverBugCheck", 1, BOTH),
    CASE("pool.lookaside-lists", lookaside_lists, "", 1, BOTH),
    CASE("pool.contiguous-memory", contiguous_memory, "", 1, BOTH),
    CASE("pool.free-contiguous-that-is-not", free_contiguous_that_is_not, "DriverBugCheck", 1, BOTH),
};

TEST_MAIN(cases)
