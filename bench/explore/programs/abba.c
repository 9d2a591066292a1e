/*
 * abba.c - two threads take two locks, one of them in the other order, N times each after each other.
 */
#include "yardstick.h"

#include <ntddk.h>

static KSPIN_LOCK lock[2];
static int count;

static void taker(void *argument)
{
    int first = number_of(argument);
    for (int i = 0; i < N; i++) {
        KIRQL irql;
        KeAcquireSpinLock(&lock[first], &irql);
        KeAcquireSpinLockAtDpcLevel(&lock[1 - first]);
        count++;
        KeReleaseSpinLockFromDpcLevel(&lock[1 - first]);
        KeReleaseSpinLock(&lock[first], irql);
    }
}

void undis_scenario(void)
{
    start(0, taker);
    start(1, taker);
}
