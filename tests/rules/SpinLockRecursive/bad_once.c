/*
 * Acquired twice, released once.
 * Contexts: entry thread dpc.
 */
#include "../contexts.h"

static KSPIN_LOCK Lock;

static VOID body(VOID)
{
    KIRQL irql, again;
    KeAcquireSpinLock(&Lock, &irql);
    KeAcquireSpinLock(&Lock, &again);
    KeReleaseSpinLock(&Lock, irql);
}
