/*
 * readers.c - one writer, N readers of one word ("Optimal dynamic partial order reduction", POPL 2014).  Each
 * reader is before or after the writer: 2^N classes; the classic algorithm takes 3^N executions.
 */
#include "yardstick.h"

static int x;

static void writer(void *unused)
{
    (void)unused;
    WRITE(x, 42);
}

static void reader(void *argument)
{
    int seen = READ(x);
    note(number_of(argument), seen);
}

STATE(x);

void undis_scenario(void)
{
    SHOW_STATE();
    start(0, writer);
    for (unsigned i = 1; i <= N; i++) {
        start(i, reader);
    }
}
