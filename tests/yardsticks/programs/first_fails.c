/*
 * first_fails.c - the first execution, in which thread 0 runs first, ends in a finding; most others do not.
 *
 * FAILS: 0 a failed assertion, 1 a bug check, 2 a lock that is never free.
 */
#include "yardstick.h"

#include <ntddk.h>

static KSPIN_LOCK lock, never_free;
static int x, y;
STATE(x, y);

static void fail(void)
{
#if FAILS == 0
    undis_assert(!"nobody wrote before");
#elif FAILS == 1
    KeBugCheckEx(0xE2, 0, 0, 0, 0);
#else
    KeAcquireSpinLockAtDpcLevel(&never_free);
#endif
}

static void looker(void *argument)
{
    KIRQL irql;
    KeRaiseIrql(DISPATCH_LEVEL, &irql);
    KeAcquireSpinLockAtDpcLevel(&lock);
    int seen = x;
    KeReleaseSpinLockFromDpcLevel(&lock);
    note(number_of(argument), seen + 1);
    if (seen == 0) {
        fail();
    }
    KeLowerIrql(irql);
    note(number_of(argument) + 4, ADD(y, 1));
}

static void writer(void *argument)
{
    KIRQL irql;
    KeAcquireSpinLock(&lock, &irql);
    x += 1;
    KeReleaseSpinLock(&lock, irql);
    note(number_of(argument), READ(y));
}

static void adder(void *argument)
{
    note(number_of(argument), ADD(y, 2));
}

void undis_scenario(void)
{
    KeInitializeSpinLock(&never_free);
    never_free = 1; /* no driver may do that */
    KeInitializeSpinLock(&lock);
    start(0, looker);
    start(1, writer);
    start(2, adder);
    SHOW_STATE();
}
