/*
 * One thread writes what another one reads, and nothing orders them.
 * Contexts: entry.  Engine: explored.
 */
#include "../threads.h"

ULONG Speed, Seen;

static VOID Writer(VOID)
{
    Speed = 1000;
}

static VOID Reader(VOID)
{
    Seen = Speed;
}

static VOID body(VOID)
{
    RunBoth(Writer, Reader);
}
