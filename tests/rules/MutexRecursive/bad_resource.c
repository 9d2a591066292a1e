/*
 * Who shares the resource wants it alone before he has released it.
 * Contexts: entry thread.
 */
#include "../contexts.h"

static ERESOURCE Resource;
static ULONG Count;

static VOID body(VOID)
{
    ExInitializeResourceLite(&Resource);
    KeEnterCriticalRegion();
    ExAcquireResourceSharedLite(&Resource, TRUE);
    if (Count == 0) {
        ExAcquireResourceExclusiveLite(&Resource, TRUE);
        Count++;
        ExReleaseResourceLite(&Resource);
    }
    ExReleaseResourceLite(&Resource);
    KeLeaveCriticalRegion();
    ExDeleteResourceLite(&Resource);
}
