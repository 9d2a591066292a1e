/*
 * A function that owns the fast mutex calls one that acquires it.
 * Contexts: entry thread.
 */
#include "../contexts.h"

static FAST_MUTEX Mutex;
static ULONG Count;

static DECLSPEC_NOINLINE VOID Increment(VOID)
{
    ExAcquireFastMutex(&Mutex);
    Count++;
    ExReleaseFastMutex(&Mutex);
}

static VOID body(VOID)
{
    ExInitializeFastMutex(&Mutex);
    ExAcquireFastMutex(&Mutex);
    Increment();
    ExReleaseFastMutex(&Mutex);
}
