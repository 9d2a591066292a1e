/*
 * lastzero.c - N writers, each of which makes its element of an array one more than its left neighbour, and a
 * reader that looks for the last zero from the right (POPL 2014): the program that tells optimal from source
 * DPOR.
 */
#include "yardstick.h"

static int array[N + 1];

static void reader(void *unused)
{
    int i = N;
    (void)unused;
    while (READ(array[i]) != 0) {
        i--;
    }
    note(0, i);
}

static void writer(void *argument)
{
    int own = number_of(argument);
    WRITE(array[own], READ(array[own - 1]) + 1);
}

STATE(array[N / 2], array[N]);

void undis_scenario(void)
{
    SHOW_STATE();
    start(0, reader);
    for (unsigned i = 1; i <= N; i++) {
        start(i, writer);
    }
}
