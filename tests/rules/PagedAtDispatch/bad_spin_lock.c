/*
 * A spin lock in paged pool.
 * Contexts: entry thread.
 */
#include "../contexts.h"

static VOID body(VOID)
{
    KIRQL irql;
    PKSPIN_LOCK lock = ExAllocatePoolZero(PagedPool, sizeof(*lock), 'kcoL');
    if (lock != NULL) {
        KeInitializeSpinLock(lock);
        KeAcquireSpinLock(lock, &irql);
        KeReleaseSpinLock(lock, irql);
        ExFreePoolWithTag(lock, 'kcoL');
    }
}
