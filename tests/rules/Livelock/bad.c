/*
 * A lock of the driver's own making is never given back; the one who wants it tries for ever.
 * Contexts: entry.  Engine: explored.
 */
#include "../threads.h"

LONG Busy, Done;

static VOID Keep(VOID)
{
    InterlockedExchange(&Busy, 1);
    Done = 1;
}

static VOID Want(VOID)
{
    while (InterlockedExchange(&Busy, 1) != 0) {
        YieldProcessor();
    }
}

static VOID body(VOID)
{
    RunBoth(Keep, Want);
}
