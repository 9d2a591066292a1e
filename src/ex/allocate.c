/*
 * allocate.c - the ExAllocatePoolXxx and ExFreePoolXxx families.
 *
 * Not as on Windows: there is one pool (nothing is ever paged out), no quota and no secure pool; and
 * since drivers here have no structured exceptions, a failure that should raise one is a bug check.
 */
#include "ex/pool.h"
#include "ke/ddi.h"
#include "ke/fault.h"
#include "ke/run.h"

#define TAG_NONE 0x656E6F4Eu /* "None", which Windows gives to ExAllocatePool without a tag */

#define KMODE_EXCEPTION_NOT_HANDLED 0x1E

/* Modifiers that may be combined with a POOL_TYPE. */
#define POOL_TYPE_CACHE_ALIGNED 4u
#define POOL_TYPE_MUST_SUCCEED 2u
#define POOL_TYPE_QUOTA_FAIL 8u /* fails where it would raise */
#define POOL_TYPE_RAISE 16u
#define POOL_TYPE_ZERO 1024u

/* POOL_FLAGS that ExAllocatePool2 knows, and the three of which exactly one must be given. */
#define FLAG_UNINITIALIZED 0x2ull
#define FLAG_CACHE_ALIGNED 0x8ull
#define FLAG_RAISE 0x20ull
#define FLAG_POOLS 0x1C0ull
#define FLAG_REQUIRED_KNOWN 0x1EFull
#define FLAG_REQUIRED_ALL 0xFFFFFFFFull

#define PRIORITY_KNOWN 0x3Fu

/* PagedPool and its relatives: the odd ones. */
static bool is_paged(ULONG type)
{
    return (type & PagedPool) != 0;
}

static void *raise_unless(void *block, bool raise)
{
    if (block == NULL && raise) {
        ke_bugcheck(KMODE_EXCEPTION_NOT_HANDLED, (ULONG)STATUS_INSUFFICIENT_RESOURCES, 0, 0, 0);
    }
    return block;
}

static void *allocate_typed(ULONG type, SIZE_T bytes, ULONG tag, unsigned more, bool raise)
{
    unsigned flags = more;
    if (type & POOL_TYPE_CACHE_ALIGNED) {
        flags |= EX_POOL_CACHE_ALIGNED;
    }
    if (type & POOL_TYPE_ZERO) {
        flags |= EX_POOL_ZERO;
    }
    if (is_paged(type)) {
        flags |= EX_POOL_PAGED;
    }
    return raise_unless(ex_pool_allocate(bytes, tag, flags, OBJECT_POOL, NULL), raise);
}

/* Bug checks that Windows makes of a request that can never be right. */
static void check_request(ULONG type, SIZE_T bytes, ULONG tag)
{
    if (type & POOL_TYPE_MUST_SUCCEED) {
        ke_bugcheck(0xC2, 0x9A, type, bytes, tag);
    }
    if (tag == 0) {
        ke_bugcheck(0xC2, 0x9B, type, bytes, (ULONG_PTR)__builtin_return_address(0));
    }
}

/*
 * Allocates a block.  IRQL <= DISPATCH_LEVEL, with a nonpaged type at DISPATCH_LEVEL.  NULL when memory is
 * short, unless POOL_RAISE_IF_ALLOCATION_FAILURE.  16-byte aligned, page-aligned from PAGE_SIZE on.  Tag 0 is
 * bug check 0xC2/0x9B.  nf-wdm-exallocatepoolwithtag.
 */
PVOID NTAPI ExAllocatePoolWithTag(POOL_TYPE PoolType, SIZE_T NumberOfBytes, ULONG Tag)
{
    ddi_enter(ExAllocatePoolWithTag);
    ddi_enter_when(ExAllocatePoolWithTag, paged, is_paged(PoolType));
    if (!(PoolType & POOL_TYPE_RAISE) && ddi_fails(ExAllocatePoolWithTag)) {
        return NULL;
    }
    check_request(PoolType, NumberOfBytes, Tag);
    return allocate_typed(PoolType, NumberOfBytes, Tag, 0, PoolType & POOL_TYPE_RAISE);
}

/* ExAllocatePoolWithTag with the tag "None".  nf-wdm-exallocatepool. */
PVOID NTAPI ExAllocatePool(POOL_TYPE PoolType, SIZE_T NumberOfBytes)
{
    ddi_enter(ExAllocatePool);
    ddi_enter_when(ExAllocatePool, paged, is_paged(PoolType));
    if (ddi_fails(ExAllocatePool)) {
        return NULL;
    }
    return ExAllocatePoolWithTag(PoolType, NumberOfBytes, TAG_NONE);
}

/*
 * As ExAllocatePoolWithTag, but a failure raises an exception unless POOL_QUOTA_FAIL_INSTEAD_OF_RAISE.
 * No quota is charged.  nf-wdm-exallocatepoolwithquotatag.
 */
PVOID NTAPI ExAllocatePoolWithQuotaTag(POOL_TYPE PoolType, SIZE_T NumberOfBytes, ULONG Tag)
{
    ddi_enter(ExAllocatePoolWithQuotaTag);
    ddi_enter_when(ExAllocatePoolWithQuotaTag, paged, is_paged(PoolType));
    if (PoolType & POOL_TYPE_QUOTA_FAIL && ddi_fails(ExAllocatePoolWithQuotaTag)) {
        return NULL;
    }
    check_request(PoolType, NumberOfBytes, Tag);
    return allocate_typed(PoolType, NumberOfBytes, Tag, 0, !(PoolType & POOL_TYPE_QUOTA_FAIL));
}

/* ExAllocatePoolWithTag, zeroed, and without.  nf-wdm-exallocatepoolzero, nf-wdm-exallocatepooluninitialized.
 */
PVOID NTAPI ExAllocatePoolZero(POOL_TYPE PoolType, SIZE_T NumberOfBytes, ULONG Tag)
{
    ddi_enter(ExAllocatePoolZero);
    ddi_enter_when(ExAllocatePoolZero, paged, is_paged(PoolType));
    if (!(PoolType & POOL_TYPE_RAISE) && ddi_fails(ExAllocatePoolZero)) {
        return NULL;
    }
    check_request(PoolType, NumberOfBytes, Tag);
    return allocate_typed(PoolType, NumberOfBytes, Tag, EX_POOL_ZERO, PoolType & POOL_TYPE_RAISE);
}

PVOID NTAPI ExAllocatePoolUninitialized(POOL_TYPE PoolType, SIZE_T NumberOfBytes, ULONG Tag)
{
    ddi_enter(ExAllocatePoolUninitialized);
    ddi_enter_when(ExAllocatePoolUninitialized, paged, is_paged(PoolType));
    if (!(PoolType & POOL_TYPE_RAISE) && ddi_fails(ExAllocatePoolUninitialized)) {
        return NULL;
    }
    return ExAllocatePoolWithTag(PoolType, NumberOfBytes, Tag);
}

/* ExAllocatePoolWithTag with a priority, which changes nothing here.  nf-wdm-exallocatepoolwithtagpriority.
 */
PVOID NTAPI ExAllocatePoolWithTagPriority(POOL_TYPE PoolType, SIZE_T NumberOfBytes, ULONG Tag,
                                          EX_POOL_PRIORITY Priority)
{
    ddi_enter(ExAllocatePoolWithTagPriority);
    ddi_enter_when(ExAllocatePoolWithTagPriority, paged, is_paged(PoolType));
    if (ddi_fails(ExAllocatePoolWithTagPriority)) {
        return NULL;
    }
    if ((unsigned)Priority > PRIORITY_KNOWN) {
        return NULL;
    }
    return ExAllocatePoolWithTag(PoolType, NumberOfBytes, Tag);
}

/*
 * Allocates a block, zeroed unless POOL_FLAG_UNINITIALIZED.  IRQL <= DISPATCH_LEVEL.  NULL (or, with
 * POOL_FLAG_RAISE_ON_FAILURE, an exception) when memory is short, Tag is 0, or Flags names no pool, more
 * than one, or a required flag that is unknown.  nf-wdm-exallocatepool2, pool_flags.
 */
PVOID NTAPI ExAllocatePool2(POOL_FLAGS Flags, SIZE_T NumberOfBytes, ULONG Tag)
{
    ddi_enter(ExAllocatePool2);
    ddi_enter_when(ExAllocatePool2, paged, Flags & POOL_FLAG_PAGED);
    if (!(Flags & FLAG_RAISE) && ddi_fails(ExAllocatePool2)) {
        return NULL;
    }
    POOL_FLAGS pools = Flags & FLAG_POOLS;
    bool one_pool = pools != 0 && (pools & (pools - 1)) == 0;
    bool unknown = (Flags & FLAG_REQUIRED_ALL & ~FLAG_REQUIRED_KNOWN) != 0;
    void *block = NULL;
    if (one_pool && !unknown && Tag != 0) {
        unsigned flags = Flags & FLAG_UNINITIALIZED ? 0 : EX_POOL_ZERO;
        flags |= Flags & FLAG_CACHE_ALIGNED ? EX_POOL_CACHE_ALIGNED : 0;
        flags |= Flags & POOL_FLAG_PAGED ? EX_POOL_PAGED : 0;
        block = ex_pool_allocate(NumberOfBytes, Tag, flags, OBJECT_POOL, NULL);
    }
    return raise_unless(block, Flags & FLAG_RAISE);
}

/*
 * ExAllocatePool2 with extended parameters: a priority and a NUMA node are accepted and change nothing;
 * another parameter fails the call unless it is marked optional.  nf-wdm-exallocatepool3.
 */
PVOID NTAPI ExAllocatePool3(POOL_FLAGS Flags, SIZE_T NumberOfBytes, ULONG Tag,
                            PCPOOL_EXTENDED_PARAMETER ExtendedParameters, ULONG ExtendedParametersCount)
{
    ddi_enter(ExAllocatePool3);
    ddi_enter_when(ExAllocatePool3, paged, Flags & POOL_FLAG_PAGED);
    if (!(Flags & FLAG_RAISE) && ddi_fails(ExAllocatePool3)) {
        return NULL;
    }
    for (ULONG i = 0; i < ExtendedParametersCount; i++) {
        const POOL_EXTENDED_PARAMETER *parameter = &ExtendedParameters[i];
        bool harmless = parameter->Type == PoolExtendedParameterPriority ||
                        parameter->Type == PoolExtendedParameterNumaNode;
        if (!harmless && !parameter->Optional) {
            return raise_unless(NULL, Flags & FLAG_RAISE);
        }
    }
    return ExAllocatePool2(Flags, NumberOfBytes, Tag);
}

/*
 * Frees a block.  IRQL <= DISPATCH_LEVEL (paged pool: <= APC_LEVEL).  What is no live block is bug check
 * 0xC2: 7 when it was freed lately, else 0x46.  nf-ntddk-exfreepool.
 */
VOID NTAPI ExFreePool(PVOID P)
{
    ddi_enter(ExFreePool);
    ddi_enter_when(ExFreePool, paged, ex_pool_is_paged(P));
    ex_pool_free(P, 0, OBJECT_POOL);
}

/*
 * ExFreePool that also wants the block's own tag; another one is bug check 0xC2/0xA.  Tag 0 matches any.
 * nf-wdm-exfreepoolwithtag.
 */
VOID NTAPI ExFreePoolWithTag(PVOID P, ULONG Tag)
{
    ddi_enter(ExFreePoolWithTag);
    ddi_enter_when(ExFreePoolWithTag, paged, ex_pool_is_paged(P));
    ex_pool_free(P, Tag, OBJECT_POOL);
}

/* ExFreePoolWithTag for blocks of ExAllocatePool3; the parameters change nothing.  nf-wdm-exfreepool2. */
VOID NTAPI ExFreePool2(PVOID P, ULONG Tag, PCPOOL_EXTENDED_PARAMETER ExtendedParameters,
                       ULONG ExtendedParametersCount)
{
    ddi_enter(ExFreePool2);
    ddi_enter_when(ExFreePool2, paged, ex_pool_is_paged(P));
    (void)ExtendedParameters, (void)ExtendedParametersCount;
    ex_pool_free(P, Tag, OBJECT_POOL);
}
