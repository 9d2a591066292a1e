/*
 * A pool block is never freed.
 * Contexts: entry thread dpc.
 */
#include "../contexts.h"

static VOID body(VOID)
{
    PVOID block = ExAllocatePoolWithTag(NonPagedPool, 100, 'kael');
    RtlZeroMemory(block, 100);
}
