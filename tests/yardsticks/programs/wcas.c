/*
 * wcas.c - one thread writes 2; N others replace 2 by 3.
 */
#include "yardstick.h"

static int x;

static void writer(void *unused)
{
    (void)unused;
    WRITE(x, 2);
}

static void replacer(void *argument)
{
    bool done = replace(&x, 2, 3);
    note(number_of(argument), done);
}

STATE(x);

void undis_scenario(void)
{
    SHOW_STATE();
    start(0, writer);
    for (unsigned i = 1; i <= N; i++) {
        start(i, replacer);
    }
}
