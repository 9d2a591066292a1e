/*
 * commits.c - two threads stamp one word and commit when their stamp is still there, until each has N
 * commits. At most ROUNDS rounds: executions that need more are not counted.
 */
#include "yardstick.h"

#ifndef ROUNDS
#define ROUNDS 6
#endif

static int wanted = N, stamp;

static void committer(void *argument)
{
    int self = number_of(argument) + 1, commits = 0;
    for (int round = 0; round < ROUNDS && commits < READ(wanted); round++) {
        WRITE(stamp, self);
        if (READ(stamp) == self) {
            commits++;
        }
    }
    note(self, commits);
}

STATE(stamp);

void undis_scenario(void)
{
    SHOW_STATE();
    start(0, committer);
    start(1, committer);
}
