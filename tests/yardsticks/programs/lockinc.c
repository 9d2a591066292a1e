/*
 * lockinc.c - N threads increment WORDS words under one lock: N! orders, however much is done inside.
 */
#include "yardstick.h"

#include <ntddk.h>

#ifndef WORDS
#define WORDS 1
#endif

static KSPIN_LOCK lock;
static int words[WORDS];

static void adder(void *argument)
{
    KIRQL irql;
    KeAcquireSpinLock(&lock, &irql);
    for (int i = 0; i < WORDS; i++) {
        int before = READ(words[i]);
        note(number_of(argument), before);
        WRITE(words[i], before + 1);
    }
    KeReleaseSpinLock(&lock, irql);
}

STATE(words[0], words[WORDS - 1]);

void undis_scenario(void)
{
    SHOW_STATE();
    for (unsigned i = 0; i < N; i++) {
        start(i, adder);
    }
}
