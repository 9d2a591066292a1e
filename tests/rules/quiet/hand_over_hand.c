/*
 * Ke locks hand over hand: each released with the level that the other saved.
 * Contexts: entry thread dpc.
 */
#include "../contexts.h"

static KSPIN_LOCK A, B;

static VOID body(VOID)
{
    KIRQL irql_a, irql_b;
    KeAcquireSpinLock(&A, &irql_a);
    KeAcquireSpinLock(&B, &irql_b);
    KeReleaseSpinLock(&A, irql_b);
    KeReleaseSpinLock(&B, irql_a);
}
