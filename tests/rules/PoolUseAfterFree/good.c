/*
 * Blocks of many sizes are used, freed, and their memory is given out again.
 * Contexts: entry thread dpc.  Accesses: instrumented.
 */
#include "../contexts.h"

static VOID body(VOID)
{
    for (ULONG round = 0; round < 3000; round++) {
        ULONG size = 1 + round * 37 % 500;
        PUCHAR block = ExAllocatePoolWithTag(NonPagedPoolNx, size, 'faud');
        if (block == NULL) {
            return;
        }
        block[0] = 1;
        block[size - 1] = 2;
        if (round % 100 == 0) {
            PUCHAR large = ExAllocatePoolWithTag(NonPagedPoolNx, 100000 + round, 'faud');
            if (large != NULL) {
                large[0] = large[99999 + round] = block[0];
                ExFreePoolWithTag(large, 'faud');
            }
        }
        ExFreePoolWithTag(block, 'faud');
    }
}
