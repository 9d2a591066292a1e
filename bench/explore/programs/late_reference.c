/*
 * late_reference.c - three steps too few: a reference is taken by a thread that saw the count above zero,
 * after the last holder saw it fall to zero.  Found only when the taker is interrupted between its look and
 * its increment by a thread that runs to its end.
 */
#include "yardstick.h"

static int references = 1, freed, work;

static void holder(void *unused)
{
    (void)unused;
    for (int i = 0; i < N; i++) {
        WRITE(work, i);
    }
    if (ADD(references, -1) == 1) {
        WRITE(freed, 1);
    }
}

static void taker(void *unused)
{
    (void)unused;
    for (int i = 0; i < N; i++) {
        (void)READ(work);
    }
    if (READ(references) > 0) {
        ADD(references, 1);
        undis_assert(!READ(freed));
        ADD(references, -1);
    }
}

void undis_scenario(void)
{
    start(0, holder);
    start(1, taker);
}
