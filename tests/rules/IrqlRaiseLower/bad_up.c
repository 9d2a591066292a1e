/*
 * KeLowerIrql to a higher level.
 * Contexts: entry thread dpc.
 */
#include "../contexts.h"

static VOID body(VOID)
{
    KeLowerIrql(5);
}
