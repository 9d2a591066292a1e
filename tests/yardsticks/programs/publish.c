/*
 * publish.c - a word is published by a flag; the reader looks at the flag 41 times and then gives up.
 */
#include "yardstick.h"

#define LOOKS 41

static int x, flag;

static void writer(void *unused)
{
    (void)unused;
    WRITE(x, 42);
    WRITE(flag, 1);
}

static void reader(void *unused)
{
    (void)unused;
    for (int i = 0; i < LOOKS; i++) {
        if (READ(flag) == 1) {
            note(0, i);
            undis_assert(READ(x) == 42);
            return;
        }
    }
    note(0, LOOKS);
}

STATE(x);

void undis_scenario(void)
{
    SHOW_STATE();
    start(0, reader);
    start(1, writer);
}
