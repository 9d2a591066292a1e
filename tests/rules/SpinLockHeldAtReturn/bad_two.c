/*
 * Two locks are left held: one finding with both.
 * Contexts: entry thread dpc.
 */
#include "../contexts.h"

static KSPIN_LOCK A, B;

static VOID body(VOID)
{
    KIRQL irql;
    KeAcquireSpinLock(&A, &irql);
    KeAcquireSpinLock(&B, &irql);
}
