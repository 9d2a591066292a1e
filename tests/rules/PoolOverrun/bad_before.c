/*
 * The byte before a block is read.
 * Contexts: entry thread dpc.  Accesses: instrumented.
 */
#include "../contexts.h"

volatile UCHAR Seen;
volatile LONG Index = -1;

static VOID body(VOID)
{
    PUCHAR block = ExAllocatePoolZero(NonPagedPoolNx, 30, 'revo');
    if (block != NULL) {
        Seen = block[Index];
        ExFreePoolWithTag(block, 'revo');
    }
}
