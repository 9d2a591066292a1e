/*
 * KeAcquireSpinLockAtDpcLevel at PASSIVE_LEVEL.
 * Contexts: entry thread.
 */
#include "../contexts.h"

static KSPIN_LOCK Lock;

static VOID body(VOID)
{
    KeAcquireSpinLockAtDpcLevel(&Lock);
    KeReleaseSpinLockFromDpcLevel(&Lock);
}
