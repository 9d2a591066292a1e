/*
 * The same memory, initialised.
 * Contexts: entry thread.
 */
#include "../contexts.h"

static KSPIN_LOCK Lock = 0x5A5A5A5A5A5A5A5Aull;

static VOID body(VOID)
{
    KIRQL irql;
    KeInitializeSpinLock(&Lock);
    KeAcquireSpinLock(&Lock, &irql);
    KeReleaseSpinLock(&Lock, irql);
}
