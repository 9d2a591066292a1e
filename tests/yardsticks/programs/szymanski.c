/*
 * szymanski.c - Szymanski's mutual exclusion of two threads; only executions that need not wait are counted.
 */
#include "yardstick.h"

enum { OUTSIDE, WANTS, WAITS_FOR_OTHER, IN_DOORWAY, PAST_DOOR };

static int flag[2], inside;

static void visitor(void *argument)
{
    int self = number_of(argument), other = 1 - self;
    WRITE(flag[self], WANTS);
    undis_assume(READ(flag[other]) < IN_DOORWAY);
    WRITE(flag[self], IN_DOORWAY);
    if (READ(flag[other]) == WANTS) {
        WRITE(flag[self], WAITS_FOR_OTHER);
        undis_assume(READ(flag[other]) == PAST_DOOR);
    }
    WRITE(flag[self], PAST_DOOR);
    undis_assume(READ(flag[other]) < WAITS_FOR_OTHER);
    WRITE(inside, self);
    (void)READ(inside);
    undis_assert(READ(inside) == self);
    undis_assume(READ(flag[other]) < WAITS_FOR_OTHER || READ(flag[other]) > IN_DOORWAY);
    WRITE(flag[self], OUTSIDE);
}

STATE(inside);

void undis_scenario(void)
{
    SHOW_STATE();
    start(0, visitor);
    start(1, visitor);
}
