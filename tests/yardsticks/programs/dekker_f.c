/*
 * dekker_f.c - the entry of Dekker's algorithm: who sees the other's flag stays out.
 */
#include "yardstick.h"

static int wants[2], inside = 2;

static void visitor(void *argument)
{
    int self = number_of(argument);
    WRITE(wants[self], 1);
    if (!READ(wants[1 - self])) {
        WRITE(inside, self);
        undis_assert(READ(inside) == self);
    }
}

STATE(inside);

void undis_scenario(void)
{
    SHOW_STATE();
    start(0, visitor);
    start(1, visitor);
}
