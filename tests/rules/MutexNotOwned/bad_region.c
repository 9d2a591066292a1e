/*
 * A resource that nobody owns is released together with a region that nobody entered: one defect.
 * Contexts: entry thread.
 */
#include "../contexts.h"

static ERESOURCE Resource;

static VOID body(VOID)
{
    if (NT_SUCCESS(ExInitializeResourceLite(&Resource))) {
        ExReleaseResourceAndLeaveCriticalRegion(&Resource);
        ExDeleteResourceLite(&Resource);
    }
}
