/*
 * KeReleaseSpinLock is given the wrong level.
 * Contexts: entry thread.
 */
#include "../contexts.h"

static KSPIN_LOCK Lock;

static VOID body(VOID)
{
    KIRQL irql;
    KeAcquireSpinLock(&Lock, &irql);
    KeReleaseSpinLock(&Lock, DISPATCH_LEVEL);
}
