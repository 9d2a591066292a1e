/*
 * lost_update.c - N threads count without a lock, and one of them does much else before: an update is lost
 * only when another thread comes between its last read and write.
 */
#include "yardstick.h"

#define OTHER_WORK 8

static int count, other;

static void adder(void *argument)
{
    for (int i = 0; number_of(argument) == 0 && i < OTHER_WORK; i++) {
        WRITE(other, i);
    }
    WRITE(count, READ(count) + 1);
}

static void check(void *unused)
{
    (void)unused;
    undis_assert(count == N);
}

void undis_scenario(void)
{
    undis_at_end(check, NULL);
    for (unsigned i = 0; i < N; i++) {
        start(i, adder);
    }
}
