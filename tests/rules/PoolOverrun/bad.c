/*
 * One element too many is written.
 * Contexts: entry thread dpc.  Accesses: instrumented.
 */
#include "../contexts.h"

static VOID body(VOID)
{
    PULONG block = ExAllocatePoolWithTag(NonPagedPoolNx, 10 * sizeof(ULONG), 'revo');
    if (block != NULL) {
        for (ULONG i = 0; i <= 10; i++) {
            block[i] = i;
        }
        ExFreePoolWithTag(block, 'revo');
    }
}
