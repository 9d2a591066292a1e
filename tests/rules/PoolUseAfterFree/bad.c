/*
 * A block is read after it was freed.
 * Contexts: entry thread dpc.  Accesses: instrumented.
 */
#include "../contexts.h"

volatile ULONG Seen;

static VOID body(VOID)
{
    PULONG block = ExAllocatePoolZero(NonPagedPoolNx, 40, 'faud');
    if (block != NULL) {
        ExFreePoolWithTag(block, 'faud');
        Seen = block[3];
    }
}
