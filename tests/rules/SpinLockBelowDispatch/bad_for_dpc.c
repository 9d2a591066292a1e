/*
 * KeAcquireSpinLockForDpc at PASSIVE_LEVEL, in no threaded DPC.
 * Contexts: entry thread.
 */
#include "../contexts.h"

static KSPIN_LOCK Lock;

static VOID body(VOID)
{
    KIRQL irql = KeAcquireSpinLockForDpc(&Lock);
    KeReleaseSpinLockForDpc(&Lock, irql);
}
