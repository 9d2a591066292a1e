/*
 * counter.c - N threads increment a word TIMES times each, not atomically: what rates are measured with.
 */
#include "yardstick.h"

static int x;

static void adder(void *argument)
{
    int last = 0;
    for (int i = 0; i < TIMES; i++) {
        last = READ(x);
        WRITE(x, last + 1);
    }
    note(number_of(argument), last);
}

STATE(x);

void undis_scenario(void)
{
    SHOW_STATE();
    for (unsigned i = 0; i < N; i++) {
        start(i, adder);
    }
}
