/*
 * Two raises undone in the wrong order.
 * Contexts: entry thread dpc.
 */
#include "../contexts.h"

static VOID body(VOID)
{
    KIRQL outer, inner;
    KeRaiseIrql(5, &outer);
    KeRaiseIrql(8, &inner);
    KeLowerIrql(outer);
}
