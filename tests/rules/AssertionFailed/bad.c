/*
 * An assertion that does not hold.
 * Contexts: entry thread dpc.
 */
#define DBG 1
#include "../contexts.h"

static volatile LONG Count;

static VOID body(VOID)
{
    ASSERT(Count > 0);
}
