/*
 * coa.c - coherence: two threads write x, read a word that N - 1 others write, and read x again.
 */
#include "yardstick.h"

static int x, y, z;

static void first(void *unused)
{
    (void)unused;
    WRITE(x, 1);
    int other = READ(y), own = READ(x);
    note(0, other), note(1, own);
}

static void second(void *unused)
{
    (void)unused;
    WRITE(x, 2);
    int other = READ(z), own = READ(x);
    note(2, other), note(3, own);
}

static void writer(void *argument)
{
    WRITE(y, number_of(argument));
    WRITE(z, number_of(argument));
}

STATE(x, y, z);

void undis_scenario(void)
{
    SHOW_STATE();
    start(0, first);
    start(1, second);
    for (unsigned i = 1; i < N; i++) {
        start(i + 1, writer);
    }
}
