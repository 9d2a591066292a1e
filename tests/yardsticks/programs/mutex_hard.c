/*
 * mutex_hard.c - N threads take a lock; only who comes in the order of its number gives it back.  The others
 * keep it: they wait for a lock that was never free.
 */
#include "yardstick.h"

#include <ntddk.h>

static KSPIN_LOCK lock, never_free;
static int x;

static void taker(void *argument)
{
    KIRQL irql;
    KeAcquireSpinLock(&lock, &irql);
    if (ADD(x, 1) != number_of(argument)) {
        KeAcquireSpinLockAtDpcLevel(&never_free);
    }
    KeReleaseSpinLock(&lock, irql);
}

void undis_scenario(void)
{
    KeInitializeSpinLock(&never_free);
    never_free = 1; /* no driver may do that */
    for (unsigned i = 0; i < N; i++) {
        start(i, taker);
    }
}
