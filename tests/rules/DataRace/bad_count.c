/*
 * Two lines read and write a counter: four pairs of accesses that nothing orders, and one defect.
 * Contexts: entry.  Engine: explored.  Options: --keep-going.
 */
#include "../threads.h"

ULONG Count;

static VOID Sender(VOID)
{
    Count++;
}

static VOID Receiver(VOID)
{
    Count += 2;
}

static VOID body(VOID)
{
    RunBoth(Sender, Receiver);
}
