/*
 * A resource is kept together with its critical region: one defect.
 * Contexts: entry thread.
 */
#include "../contexts.h"

static ERESOURCE Resource;

static VOID body(VOID)
{
    if (NT_SUCCESS(ExInitializeResourceLite(&Resource))) {
        ExEnterCriticalRegionAndAcquireResourceExclusive(&Resource);
    }
}
