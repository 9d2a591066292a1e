/*
 * A block of paged pool, allocated with flags, is written while a spin lock is held, by the DDI.
 * Contexts: entry thread.  Accesses: instrumented.
 */
#include "../contexts.h"

static KSPIN_LOCK Lock;

static VOID body(VOID)
{
    KIRQL irql;
    PVOID block = ExAllocatePool2(POOL_FLAG_PAGED, 40, 'egap');
    if (block != NULL) {
        KeAcquireSpinLock(&Lock, &irql);
        RtlZeroMemory(block, 40);
        KeReleaseSpinLock(&Lock, irql);
        ExFreePoolWithTag(block, 'egap');
    }
}
