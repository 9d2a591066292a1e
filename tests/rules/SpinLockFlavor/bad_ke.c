/*
 * KeAcquireSpinLock closed with KeReleaseSpinLockFromDpcLevel.
 * Contexts: entry thread.
 */
#include "../contexts.h"

static KSPIN_LOCK Lock;

static VOID body(VOID)
{
    KIRQL irql;
    KeAcquireSpinLock(&Lock, &irql);
    KeReleaseSpinLockFromDpcLevel(&Lock);
    KeLowerIrql(irql);
}
