/*
 * Regions nest, in each other too, and end in any order; a resource's region is left with it.
 * Contexts: entry thread.
 */
#include "../contexts.h"

static ERESOURCE Resource;

static VOID body(VOID)
{
    if (!NT_SUCCESS(ExInitializeResourceLite(&Resource))) {
        return;
    }
    KeEnterCriticalRegion();
    KeEnterGuardedRegion();
    KeEnterCriticalRegion();
    NT_ASSERT(KeAreApcsDisabled());
    KeLeaveGuardedRegion();
    KeLeaveCriticalRegion();
    NT_ASSERT(KeAreApcsDisabled());
    KeLeaveCriticalRegion();
    NT_ASSERT(!KeAreApcsDisabled());
    ExEnterCriticalRegionAndAcquireResourceExclusive(&Resource);
    ExReleaseResourceAndLeaveCriticalRegion(&Resource);
    NT_ASSERT(!KeAreApcsDisabled());
    ExDeleteResourceLite(&Resource);
}
