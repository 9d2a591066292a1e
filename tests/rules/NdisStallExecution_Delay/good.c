/*
 * The longest wait that is allowed.
 * Contexts: entry dpc.
 */
#include "../contexts.h"

static VOID body(VOID)
{
    NdisStallExecution(50);
}
