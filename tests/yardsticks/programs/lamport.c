/*
 * lamport.c - Lamport's fast mutual exclusion, N threads, each in and out once.  Where the algorithm waits,
 * only the executions in which it need not are counted.
 */
#include "yardstick.h"

static int wants[N + 1], x, y;

/* Back at the start: false; past the door: true. */
static bool try_to_enter(int self)
{
    WRITE(wants[self], 1);
    WRITE(x, self);
    if (READ(y) != 0) {
        WRITE(wants[self], 0);
        undis_assume(READ(y) == 0);
        return false;
    }
    WRITE(y, self);
    if (READ(x) == self) {
        return true;
    }
    WRITE(wants[self], 0);
    for (int i = 1; i <= N; i++) {
        undis_assume(READ(wants[i]) == 0);
    }
    if (READ(y) == self) {
        return true;
    }
    undis_assume(READ(y) == 0);
    return false;
}

static void visitor(void *argument)
{
    int self = number_of(argument) + 1;
    while (!try_to_enter(self)) {
    }
    WRITE(y, 0);
    WRITE(wants[self], 0);
}

STATE(x, y);

void undis_scenario(void)
{
    SHOW_STATE();
    for (unsigned i = 0; i < N; i++) {
        start(i, visitor);
    }
}
