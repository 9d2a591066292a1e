/*
 * n_writers.c - N + 1 writers of one word and one reader: (N + 1)! orders of the writers, N + 2 places for
 * the reader.
 */
#include "yardstick.h"

static int x;

static void reader(void *unused)
{
    int seen = READ(x);
    (void)unused;
    note(0, seen);
}

static void writer(void *argument)
{
    WRITE(x, number_of(argument));
}

STATE(x);

void undis_scenario(void)
{
    SHOW_STATE();
    start(0, reader);
    for (unsigned i = 1; i <= N + 1; i++) {
        start(i, writer);
    }
}
