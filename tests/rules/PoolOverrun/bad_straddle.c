/*
 * A value is written of which only the first byte lies in the block.
 * Contexts: entry thread dpc.  Accesses: instrumented.
 */
#include "../contexts.h"

static VOID body(VOID)
{
    PUCHAR block = ExAllocatePoolZero(NonPagedPoolNx, 29, 'revo');
    if (block != NULL) {
        *(PULONG)(block + 28) = 0;
        ExFreePoolWithTag(block, 'revo');
    }
}
