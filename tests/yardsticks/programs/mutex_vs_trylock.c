/*
 * mutex_vs_trylock.c - one thread takes a lock, N others try it once; all who got it give it back.
 */
#include "yardstick.h"

#include <ntddk.h>

static KSPIN_LOCK lock;
static int x;

static void taker(void *unused)
{
    KIRQL irql;
    (void)unused;
    KeAcquireSpinLock(&lock, &irql);
    ++x;
    KeReleaseSpinLock(&lock, irql);
}

static void trier(void *argument)
{
    KIRQL irql;
    KeRaiseIrql(DISPATCH_LEVEL, &irql);
    if (KeTryToAcquireSpinLockAtDpcLevel(&lock)) {
        ++x;
        note(number_of(argument), x);
        KeReleaseSpinLockFromDpcLevel(&lock);
    }
    KeLowerIrql(irql);
}

STATE(x);

void undis_scenario(void)
{
    SHOW_STATE();
    for (unsigned i = 0; i < N; i++) {
        start(i, trier);
    }
    start(N, taker);
}
