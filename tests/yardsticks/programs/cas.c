/*
 * cas.c - N threads replace 0 by their number: one of them does, and the order of the others is nobody's
 * concern.
 */
#include "yardstick.h"

static int x;

static void replacer(void *argument)
{
    bool done = replace(&x, 0, number_of(argument) + 1);
    note(number_of(argument), done);
}

STATE(x);

void undis_scenario(void)
{
    SHOW_STATE();
    for (unsigned i = 0; i < N; i++) {
        start(i, replacer);
    }
}
