/*
 * Two threads count with interlocked operations.
 * Verdict: complete.
 */
#include "../../zoo/zoo.h"

static volatile LONG Count;

static VOID Increment(VOID)
{
    InterlockedIncrement(&Count);
}

static BOOLEAN ZooStart(VOID)
{
    ZooThread(0, Increment);
    ZooThread(1, Increment);
    return TRUE;
}

static VOID ZooStop(VOID)
{
    NT_ASSERT(Count == 2);
}
