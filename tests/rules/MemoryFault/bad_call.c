/*
 * A call through a null pointer.
 * Contexts: entry thread dpc.
 */
#include "../contexts.h"

static VOID (*volatile Routine)(VOID);

static VOID body(VOID)
{
    Routine();
}
