/*
 * dekker2_fixed.c - the entry of Dekker's algorithm, beside two threads that would use the flags if both
 * others were inside at once: they never are, so N makes no difference.
 */
#include "yardstick.h"

static int wants[2], inside[2];

static void visitor(void *argument)
{
    int self = number_of(argument);
    WRITE(wants[self], 1);
    if (!READ(wants[1 - self])) {
        WRITE(inside[self], 1);
    }
}

static bool both_inside(void)
{
    return READ(inside[0]) && READ(inside[1]);
}

static void writer(void *unused)
{
    (void)unused;
    if (both_inside()) {
        for (int i = 0; i < N; i++) {
            WRITE(wants[1], i);
        }
    }
}

static void reader(void *unused)
{
    (void)unused;
    if (both_inside()) {
        for (int i = 0; i < N; i++) {
            (void)READ(wants[1]);
        }
    }
}

STATE(inside[0], inside[1]);

void undis_scenario(void)
{
    SHOW_STATE();
    start(0, visitor);
    start(1, visitor);
    start(2, writer);
    start(3, reader);
}
