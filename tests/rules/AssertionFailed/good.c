/*
 * An assertion that holds.
 * Contexts: entry thread dpc.
 */
#define DBG 1
#include "../contexts.h"

static volatile LONG Count;

static VOID body(VOID)
{
    ASSERT(Count == 0);
}
