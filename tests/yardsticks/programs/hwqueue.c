/*
 * hwqueue.c - the queue of Herlihy and Wing: enqueue takes a place by atomic increment, then fills it;
 * dequeue looks through the places up to the end that it saw, taking what it finds.  Only executions in which
 * each dequeue finds something are counted.
 */
#include "yardstick.h"

#define PLACES 42

static int place[PLACES], end;
static int taken[5];

static void enqueue(int value)
{
    int own = ADD(end, 1);
    WRITE(place[own], value);
}

static int dequeue(void)
{
    int last = READ(end);
    for (int i = 0;; i++) {
        undis_assume(i < last);
        int value = SWAP(place[i], 0);
        if (value != 0) {
            return value;
        }
    }
}

static void enqueue_then_dequeue(void *unused)
{
    (void)unused;
    enqueue(1);
    taken[2] = dequeue();
}

static void enqueue_two(void *unused)
{
    (void)unused;
    enqueue(2);
    enqueue(3);
}

static void dequeue_then_enqueue(void *unused)
{
    (void)unused;
    taken[3] = dequeue();
    enqueue(4);
}

static void dequeue_two(void *unused)
{
    (void)unused;
    taken[4] = dequeue();
    taken[1] = dequeue();
}

static void check(void *unused)
{
    (void)unused;
    undis_assert(!(taken[1] == 1 && taken[2] == 2 && taken[3] == 3 && taken[4] == 4));
}

STATE(taken[1], taken[2], taken[3], taken[4]);

void undis_scenario(void)
{
    SHOW_STATE();
    undis_at_end(check, NULL);
    start(0, enqueue_then_dequeue);
    start(1, enqueue_two);
    start(2, dequeue_then_enqueue);
    start(3, dequeue_two);
}
