/*
 * A zero-filled KSPIN_LOCK is a free lock.
 * Contexts: entry thread dpc.
 */
#include "../contexts.h"

static KSPIN_LOCK Static;

static VOID body(VOID)
{
    KIRQL irql;
    KSPIN_LOCK *lock = ExAllocatePoolWithTag(NonPagedPool, sizeof(*lock), 'kcol');
    if (lock != NULL) {
        RtlZeroMemory(lock, sizeof(*lock));
        KeAcquireSpinLock(lock, &irql);
        KeReleaseSpinLock(lock, irql);
        ExFreePoolWithTag(lock, 'kcol');
    }
    KeAcquireSpinLock(&Static, &irql);
    KeReleaseSpinLock(&Static, irql);
}
