/*
 * overtaken.c - RW-7: a reader that asks later may come before a writer that waits for an earlier reader.
 */
#include <ndis.h>

#include <undis/explore.h>

static PNDIS_RW_LOCK_EX lock;
static volatile LONG reading, asked, written;

static void read_first(void *argument)
{
    LOCK_STATE_EX state;
    (void)argument;
    NdisAcquireRWLockRead(lock, &state, 0);
    InterlockedExchange(&reading, 1);
    InterlockedExchange(&reading, 0);
    NdisReleaseRWLock(lock, &state);
}

static void write_once(void *argument)
{
    LOCK_STATE_EX state;
    (void)argument;
    InterlockedExchange(&asked, 1);
    NdisAcquireRWLockWrite(lock, &state, 0);
    InterlockedExchange(&written, 1);
    NdisReleaseRWLock(lock, &state);
}

static void read_later(void *argument)
{
    LOCK_STATE_EX state;
    (void)argument;
    undis_assume(InterlockedCompareExchange(&asked, 0, 0) == 1);
    NdisAcquireRWLockRead(lock, &state, 0);
    undis_assert(InterlockedCompareExchange(&written, 0, 0) == 1 ||
                 InterlockedCompareExchange(&reading, 0, 0) == 0);
    NdisReleaseRWLock(lock, &state);
}

static void end(void *argument)
{
    (void)argument;
    NdisFreeRWLock(lock);
}

void undis_scenario(void)
{
    lock = NdisAllocateRWLock(NULL);
    undis_at_end(end, NULL);
    undis_thread(0, read_first, NULL);
    undis_thread(1, write_once, NULL);
    undis_thread(2, read_later, NULL);
}
