/*
 * mutex_trylock_deadlock.c - N threads try a lock once, and who gets it keeps it: it waits for a lock that
 * was never free.  Tries that fail commute: N classes, where a search that orders them too counts N!.
 */
#include "yardstick.h"

#include <ntddk.h>

static KSPIN_LOCK lock, never_free;
static int x;

static void taker(void *unused)
{
    KIRQL irql;
    (void)unused;
    KeRaiseIrql(DISPATCH_LEVEL, &irql);
    if (KeTryToAcquireSpinLockAtDpcLevel(&lock)) {
        ++x;
        KeAcquireSpinLockAtDpcLevel(&never_free);
    }
    KeLowerIrql(irql);
}

void undis_scenario(void)
{
    KeInitializeSpinLock(&never_free);
    never_free = 1; /* no driver may do that */
    for (unsigned i = 0; i < N; i++) {
        start(i, taker);
    }
}
