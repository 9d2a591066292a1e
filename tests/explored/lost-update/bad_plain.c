/*
 * The same on an ordinary variable: a data race in every execution, and the lost update in some.
 * Verdict: DataRace, no preemption; AssertionFailed, 1 preemption.
 */
#include "../../zoo/zoo.h"

static LONG Count;

static VOID Increment(VOID)
{
    Count++;
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
