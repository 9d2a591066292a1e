/*
 * A write through a null pointer.
 * Contexts: entry thread dpc.
 */
#include "../contexts.h"

static ULONG *volatile Pointer;

static VOID body(VOID)
{
    *Pointer = 1;
}
