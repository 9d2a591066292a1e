/*
 * Paged pool below DISPATCH_LEVEL, nonpaged pool at it; memory that was paged pool before.
 * Contexts: entry thread.  Accesses: instrumented.
 */
#include "../contexts.h"

volatile ULONG Seen;

static VOID Use(POOL_TYPE Type, KIRQL Level)
{
    KIRQL irql;
    PULONG block = ExAllocatePoolZero(Type, 44, 'egap');
    if (block != NULL) {
        KeRaiseIrql(Level, &irql);
        block[2] = 7;
        RtlZeroMemory(block, 44);
        Seen = block[10];
        KeLowerIrql(irql);
        ExFreePoolWithTag(block, 'egap');
    }
}

static VOID body(VOID)
{
    for (ULONG i = 0; i < 100; i++) {
        Use(PagedPool, APC_LEVEL);
        Use(NonPagedPoolNx, DISPATCH_LEVEL);
        Use(NonPagedPoolCacheAligned, DISPATCH_LEVEL);
    }
}
