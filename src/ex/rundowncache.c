/*
 * rundowncache.c - cache-aware run-down protection: as rundown.c, for objects that many processors use at
 * once. Here one count serves all processors: what it promises is the same.
 */
#include "ex/pool.h"
#include "ke/ddi.h"
#include "ke/fault.h"

struct _EX_RUNDOWN_REF_CACHE_AWARE {
    EX_RUNDOWN_REF reference;
    ULONG tag;
};

/* Makes one that nobody uses, of pool with that tag.  NULL when memory is short.  <= APC_LEVEL.
 * nf-wdm-exallocatecacheawarerundownprotection. */
PEX_RUNDOWN_REF_CACHE_AWARE NTAPI ExAllocateCacheAwareRundownProtection(POOL_TYPE PoolType, ULONG PoolTag)
{
    ddi_enter(ExAllocateCacheAwareRundownProtection);
    if (ddi_fails(ExAllocateCacheAwareRundownProtection)) {
        return NULL;
    }
    (void)PoolType;
    PEX_RUNDOWN_REF_CACHE_AWARE made =
        ex_pool_allocate(sizeof(*made), PoolTag, EX_POOL_ZERO, OBJECT_POOL, NULL);
    if (made != NULL) {
        ExInitializeRundownProtection(&made->reference);
        made->tag = PoolTag;
    }
    return made;
}

/* Frees it.  <= APC_LEVEL.  nf-wdm-exfreecacheawarerundownprotection. */
VOID NTAPI ExFreeCacheAwareRundownProtection(PEX_RUNDOWN_REF_CACHE_AWARE RunRefCacheAware)
{
    ddi_enter(ExFreeCacheAwareRundownProtection);
    ex_pool_free(RunRefCacheAware, RunRefCacheAware->tag, OBJECT_POOL);
}

/* The bytes of one in the driver's own storage.  <= APC_LEVEL. */
SIZE_T NTAPI ExSizeOfRundownProtectionCacheAware(VOID)
{
    ddi_enter(ExSizeOfRundownProtectionCacheAware);
    return sizeof(struct _EX_RUNDOWN_REF_CACHE_AWARE);
}

/* Makes such a one ready.  <= APC_LEVEL.  nf-wdm-exinitializerundownprotectioncacheaware. */
VOID NTAPI ExInitializeRundownProtectionCacheAware(PEX_RUNDOWN_REF_CACHE_AWARE RunRefCacheAware,
                                                   SIZE_T RunRefSize)
{
    ddi_enter(ExInitializeRundownProtectionCacheAware);
    (void)RunRefSize;
    ExInitializeRundownProtection(&RunRefCacheAware->reference);
}

/* Becomes a user, or that many; FALSE once the run-down has begun. */
BOOLEAN NTAPI ExAcquireRundownProtectionCacheAware(PEX_RUNDOWN_REF_CACHE_AWARE RunRefCacheAware)
{
    ddi_enter(ExAcquireRundownProtectionCacheAware);
    return ExAcquireRundownProtection(&RunRefCacheAware->reference);
}

BOOLEAN NTAPI ExAcquireRundownProtectionCacheAwareEx(PEX_RUNDOWN_REF_CACHE_AWARE RunRefCacheAware,
                                                     ULONG Count)
{
    ddi_enter(ExAcquireRundownProtectionCacheAwareEx);
    return ExAcquireRundownProtectionEx(&RunRefCacheAware->reference, Count);
}

/* Stops being a user, or that many. */
VOID NTAPI ExReleaseRundownProtectionCacheAware(PEX_RUNDOWN_REF_CACHE_AWARE RunRefCacheAware)
{
    ddi_enter(ExReleaseRundownProtectionCacheAware);
    ExReleaseRundownProtection(&RunRefCacheAware->reference);
}

VOID NTAPI ExReleaseRundownProtectionCacheAwareEx(PEX_RUNDOWN_REF_CACHE_AWARE RunRef, ULONG Count)
{
    ddi_enter(ExReleaseRundownProtectionCacheAwareEx);
    ExReleaseRundownProtectionEx(&RunRef->reference, Count);
}

/* Begins the run-down and waits for the last user.  <= APC_LEVEL. */
VOID NTAPI ExWaitForRundownProtectionReleaseCacheAware(PEX_RUNDOWN_REF_CACHE_AWARE RunRef)
{
    ddi_enter(ExWaitForRundownProtectionReleaseCacheAware);
    ExWaitForRundownProtectionRelease(&RunRef->reference);
}

/* Makes it usable again after a run-down. */
VOID NTAPI ExReInitializeRundownProtectionCacheAware(PEX_RUNDOWN_REF_CACHE_AWARE RunRefCacheAware)
{
    ddi_enter(ExReInitializeRundownProtectionCacheAware);
    ExReInitializeRundownProtection(&RunRefCacheAware->reference);
}

/* Marks the run-down as over. */
VOID NTAPI ExRundownCompletedCacheAware(PEX_RUNDOWN_REF_CACHE_AWARE RunRefCacheAware)
{
    ddi_enter(ExRundownCompletedCacheAware);
    ExRundownCompleted(&RunRefCacheAware->reference);
}
