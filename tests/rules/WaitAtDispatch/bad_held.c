/*
 * A wait while a spin lock is held.
 * Contexts: entry thread dpc.
 */
#include "../contexts.h"

static NDIS_SPIN_LOCK Lock;
static KEVENT Event;

static VOID body(VOID)
{
    NdisAllocateSpinLock(&Lock);
    KeInitializeEvent(&Event, NotificationEvent, TRUE);
    NdisAcquireSpinLock(&Lock);
    KeWaitForSingleObject(&Event, Executive, KernelMode, FALSE, NULL);
    NdisReleaseSpinLock(&Lock);
    NdisFreeSpinLock(&Lock);
}
