/*
 * mutex_order.c - N threads count under a lock: N! orders.
 */
#include "yardstick.h"

#include <ntddk.h>

static KSPIN_LOCK lock;
static int x;

static void taker(void *argument)
{
    KIRQL irql;
    KeAcquireSpinLock(&lock, &irql);
    ++x;
    note(number_of(argument), x);
    KeReleaseSpinLock(&lock, irql);
}

STATE(x);

void undis_scenario(void)
{
    SHOW_STATE();
    for (unsigned i = 0; i < N; i++) {
        start(i, taker);
    }
}
