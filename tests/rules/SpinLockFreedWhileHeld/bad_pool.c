/*
 * The memory around the lock is freed while the lock is held.
 * Contexts: entry thread.
 */
#include "../contexts.h"

typedef struct _CONTEXT_BLOCK {
    KSPIN_LOCK Lock;
    ULONG Count;
} CONTEXT_BLOCK;

static VOID body(VOID)
{
    KIRQL irql;
    CONTEXT_BLOCK *block = ExAllocatePoolWithTag(NonPagedPool, sizeof(*block), 'kcol');
    KeInitializeSpinLock(&block->Lock);
    KeAcquireSpinLock(&block->Lock, &irql);
    ExFreePoolWithTag(block, 'kcol');
    KeLowerIrql(irql);
}
