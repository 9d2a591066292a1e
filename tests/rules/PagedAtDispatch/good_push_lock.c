/*
 * A push lock may lie in paged pool, and so may run-down protection.
 * Contexts: entry thread.
 */
#include "../contexts.h"

struct Pageable {
    EX_PUSH_LOCK Lock;
    RTL_RUN_ONCE Once;
    EX_RUNDOWN_REF Rundown;
};

static VOID body(VOID)
{
    struct Pageable *pageable = ExAllocatePoolZero(PagedPool, sizeof(*pageable), 'egaP');
    PVOID context = NULL;
    if (pageable == NULL) {
        return;
    }
    ExInitializePushLock(&pageable->Lock);
    KeEnterCriticalRegion();
    ExAcquirePushLockExclusive(&pageable->Lock);
    ExReleasePushLockExclusive(&pageable->Lock);
    KeLeaveCriticalRegion();
    RtlRunOnceInitialize(&pageable->Once);
    if (RtlRunOnceBeginInitialize(&pageable->Once, 0, &context) == STATUS_PENDING) {
        RtlRunOnceComplete(&pageable->Once, 0, NULL);
    }
    ExInitializeRundownProtection(&pageable->Rundown);
    if (ExAcquireRundownProtection(&pageable->Rundown)) {
        ExReleaseRundownProtection(&pageable->Rundown);
    }
    ExWaitForRundownProtectionRelease(&pageable->Rundown);
    ExFreePoolWithTag(pageable, 'egaP');
}
