/*
 * peterson.c - Peterson's mutual exclusion of two threads; only executions that need not wait are counted.
 */
#include "yardstick.h"

static int wants[2], yields, inside;

static void visitor(void *argument)
{
    int self = number_of(argument), other = 1 - self;
    WRITE(wants[self], 1);
    WRITE(yields, self);
    undis_assume(READ(wants[other]) != 1 || READ(yields) != self);
    WRITE(inside, self);
    undis_assert(READ(inside) == self);
    WRITE(wants[self], 0);
}

STATE(yields, inside);

void undis_scenario(void)
{
    SHOW_STATE();
    start(0, visitor);
    start(1, visitor);
}
