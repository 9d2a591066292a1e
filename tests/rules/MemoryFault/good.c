/*
 * The pointer is set.
 * Contexts: entry thread dpc.
 */
#include "../contexts.h"

static ULONG Value;
static ULONG *volatile Pointer = &Value;

static VOID body(VOID)
{
    *Pointer = 1;
}
