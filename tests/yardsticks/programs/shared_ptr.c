/*
 * shared_ptr.c - two threads point one pointer at a word each, read the other's word N times, and add to
 * whatever the pointer points at then.
 */
#include "yardstick.h"

static int x = 3, y = 4;
static int *target;

static void user(int *own, int *other)
{
    WRITE(target, other);
    for (int i = 0; i < N; i++) {
        (void)READ(*own);
    }
    int *found = READ(target);
    WRITE(*found, READ(*found) + 3);
}

static void first(void *unused)
{
    (void)unused;
    user(&x, &y);
}

static void second(void *unused)
{
    (void)unused;
    user(&y, &x);
}

STATE(x, y);

void undis_scenario(void)
{
    SHOW_STATE();
    start(0, first);
    start(1, second);
}
