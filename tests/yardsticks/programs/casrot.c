/*
 * casrot.c - N threads, of which number i replaces i by i + 1: a compare and exchange that fails only reads.
 */
#include "yardstick.h"

static int x;

static void turner(void *argument)
{
    bool done = replace(&x, number_of(argument), number_of(argument) + 1);
    note(number_of(argument), done);
}

STATE(x);

void undis_scenario(void)
{
    SHOW_STATE();
    for (unsigned i = 0; i < N; i++) {
        start(i, turner);
    }
}
