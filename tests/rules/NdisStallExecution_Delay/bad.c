/*
 * A millisecond in one go.
 * Contexts: entry dpc.
 */
#include "../contexts.h"

static VOID body(VOID)
{
    NdisStallExecution(1000);
}
