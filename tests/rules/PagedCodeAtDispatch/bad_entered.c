/*
 * A pageable function that calls nothing runs at DISPATCH_LEVEL: seen in an instrumented driver.
 * Contexts: entry thread dpc.  Accesses: instrumented.
 */
#include "../contexts.h"

static ULONG Twice(ULONG Value);
#pragma NDIS_PAGEABLE_FUNCTION(Twice)

static volatile ULONG Seen;

static ULONG Twice(ULONG Value)
{
    Seen = Value;
    return 2 * Value;
}

static VOID body(VOID)
{
    KIRQL irql;
    KeRaiseIrql(DISPATCH_LEVEL, &irql);
    NT_VERIFY(Twice(4) == 8);
    KeLowerIrql(irql);
}
