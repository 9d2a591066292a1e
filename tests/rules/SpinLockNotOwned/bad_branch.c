/*
 * Acquired in one branch only, released in both.
 * Contexts: entry thread.
 */
#include "../contexts.h"

static KSPIN_LOCK Lock;

static volatile BOOLEAN Locked;

static VOID body(VOID)
{
    KIRQL irql = PASSIVE_LEVEL;
    if (Locked) {
        KeAcquireSpinLock(&Lock, &irql);
    }
    KeReleaseSpinLock(&Lock, irql);
}
