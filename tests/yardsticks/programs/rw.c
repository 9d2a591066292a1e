/*
 * rw.c - N threads read a word, then write their number into it: (N!)^2.
 */
#include "yardstick.h"

static int x;

static void user(void *argument)
{
    int seen = READ(x);
    WRITE(x, number_of(argument));
    note(number_of(argument), seen);
}

STATE(x);

void undis_scenario(void)
{
    SHOW_STATE();
    for (unsigned i = 0; i < N; i++) {
        start(i, user);
    }
}
