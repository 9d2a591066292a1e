/*
 * mutex_deadlock.c - N threads take a lock that none of them gives back: whoever is first, the others wait
 * for ever.  As a driver's thread may not end with a spin lock, the first one waits for a lock that was never
 * free.
 */
#include "yardstick.h"

#include <ntddk.h>

static KSPIN_LOCK lock, never_free;
static int x;

static void taker(void *argument)
{
    KIRQL irql;
    KeAcquireSpinLock(&lock, &irql);
    ++x;
    note(number_of(argument), 1);
    KeAcquireSpinLockAtDpcLevel(&never_free);
}

void undis_scenario(void)
{
    KeInitializeSpinLock(&never_free);
    never_free = 1; /* no driver may do that */
    for (unsigned i = 0; i < N; i++) {
        start(i, taker);
    }
}
