/*
 * The lock is given back, and who wants it waits until it looks free.
 * Contexts: entry.  Engine: explored.
 */
#include "../threads.h"

volatile LONG Busy;
LONG Done;

static VOID Take(VOID)
{
    do {
        while (Busy) {
            YieldProcessor();
        }
    } while (InterlockedExchange(&Busy, 1) != 0);
}

static VOID Use(VOID)
{
    Take();
    Done++;
    InterlockedExchange(&Busy, 0);
}

static VOID body(VOID)
{
    RunBoth(Use, Use);
}
