/*
 * KeReleaseSpinLock in a DPC with a level of another place.
 * Contexts: dpc.
 */
#include "../contexts.h"

static KSPIN_LOCK Lock;

static VOID body(VOID)
{
    KIRQL irql;
    KeAcquireSpinLock(&Lock, &irql);
    KeReleaseSpinLock(&Lock, PASSIVE_LEVEL);
}
