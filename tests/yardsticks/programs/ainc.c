/*
 * ainc.c - N atomic increments of one word: N! orders.
 */
#include "yardstick.h"

static int x;

static void adder(void *argument)
{
    int before = ADD(x, 1);
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
