/*
 * A spin lock is released at DIRQL.
 * Contexts: entry thread dpc.
 */
#include "../contexts.h"

static KSPIN_LOCK Lock;

static VOID body(VOID)
{
    KIRQL before, irql;
    KeInitializeSpinLock(&Lock);
    KeAcquireSpinLock(&Lock, &before);
    KeRaiseIrql(5, &irql);
    KeReleaseSpinLock(&Lock, before);
}
