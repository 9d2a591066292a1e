/*
 * A block of paged pool is read at DISPATCH_LEVEL.
 * Contexts: entry thread.  Accesses: instrumented.
 */
#include "../contexts.h"

volatile ULONG Seen;

static VOID body(VOID)
{
    KIRQL irql;
    PULONG block = ExAllocatePoolZero(PagedPool, 40, 'egap');
    if (block != NULL) {
        KeRaiseIrql(DISPATCH_LEVEL, &irql);
        Seen = block[3];
        KeLowerIrql(irql);
        ExFreePoolWithTag(block, 'egap');
    }
}
