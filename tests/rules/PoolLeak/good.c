/*
 * The pool block is freed.
 * Contexts: entry thread dpc.
 */
#include "../contexts.h"

static VOID body(VOID)
{
    PVOID block = ExAllocatePoolWithTag(NonPagedPool, 100, 'kael');
    if (block != NULL) {
        RtlZeroMemory(block, 100);
        ExFreePoolWithTag(block, 'kael');
    }
}
