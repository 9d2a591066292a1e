/*
 * Locks in pool memory that is freed and allocated again, NDIS locks freed with it.
 * Contexts: entry thread dpc.
 */
#include "../contexts.h"

static VOID body(VOID)
{
    ULONG i;
    for (i = 0; i < 200; i++) {
        NDIS_SPIN_LOCK *lock = ExAllocatePoolWithTag(NonPagedPool, 64, 'kcol');
        if (lock == NULL) {
            continue;
        }
        NdisAllocateSpinLock(lock);
        NdisAcquireSpinLock(lock);
        NdisReleaseSpinLock(lock);
        ExFreePoolWithTag(lock, 'kcol');
    }
}
