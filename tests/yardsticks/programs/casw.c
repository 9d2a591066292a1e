/*
 * casw.c - N threads replace 0 by 1 in one word, and then write to it.
 */
#include "yardstick.h"

static int x;

static void user(void *argument)
{
    bool done = replace(&x, 0, 1);
    WRITE(x, number_of(argument) + 3);
    note(number_of(argument), done);
}

STATE(x);

void undis_scenario(void)
{
    SHOW_STATE();
    for (unsigned i = 0; i < N; i++) {
        start(i, user);
    }
}
