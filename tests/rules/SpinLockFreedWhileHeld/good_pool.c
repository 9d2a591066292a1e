/*
 * The lock is released before its memory is freed.
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
    if (block == NULL) {
        return;
    }
    KeInitializeSpinLock(&block->Lock);
    KeAcquireSpinLock(&block->Lock, &irql);
    KeReleaseSpinLock(&block->Lock, irql);
    ExFreePoolWithTag(block, 'kcol');
}
