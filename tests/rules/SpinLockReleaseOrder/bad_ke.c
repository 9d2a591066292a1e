/*
 * Ke locks, each released with its own level.
 * Contexts: entry thread.
 */
#include "../contexts.h"

static VOID body(VOID)
{
    static KSPIN_LOCK a, b;
    KIRQL irql_a, irql_b;
    KeAcquireSpinLock(&a, &irql_a);
    KeAcquireSpinLock(&b, &irql_b);
    KeReleaseSpinLock(&a, irql_a);
    KeReleaseSpinLock(&b, irql_b);
}
