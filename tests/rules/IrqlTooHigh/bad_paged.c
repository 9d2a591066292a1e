/*
 * Paged pool is allocated at DISPATCH_LEVEL; nonpaged pool may be.
 * Contexts: entry thread.
 */
#include "../contexts.h"

static VOID body(VOID)
{
    KIRQL irql;
    KeRaiseIrql(DISPATCH_LEVEL, &irql);
    PVOID block = ExAllocatePoolWithTag(PagedPool, 16, 'tseT');
    KeLowerIrql(irql);
    if (block != NULL) {
        ExFreePoolWithTag(block, 'tseT');
    }
}
