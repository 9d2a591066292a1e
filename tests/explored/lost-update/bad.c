/*
 * Two threads count without a lock: each reads the counter and writes what it read plus one.  The counter is
 * volatile, so this is no data race; the end shows the lost update. Verdict: AssertionFailed; 1 preemption:
 * one thread loses its processor between its read and its write.
 */
#include "../../zoo/zoo.h"

static volatile LONG Count;

static VOID Increment(VOID)
{
    LONG count = Count;
    Count = count + 1;
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
