/*
 * inc.c - N threads read a word and write it back with one bit more: (N!)^2.
 */
#include "yardstick.h"

static int x;

static void adder(void *argument)
{
    int before = READ(x);
    WRITE(x, before + (1 << number_of(argument)));
    note(number_of(argument), before);
}

STATE(x);

void undis_scenario(void)
{
    SHOW_STATE();
    for (unsigned i = 0; i < N; i++) {
        start(i, adder);
    }
}
