/*
 * invariant.c - a condition that does not hold in the middle of things, and holds at their end.
 */
#include <undis/explore.h>

static volatile int pairs;

static bool is_even(void *argument)
{
    (void)argument;
    return pairs % 2 == 0;
}

static void thread(void *argument)
{
    (void)argument;
    pairs++;
    pairs++;
}

static void reader(void *argument)
{
    *(int *)argument = pairs;
}

void undis_scenario(void)
{
    static int seen;
    undis_invariant("pairs are even", is_even, 0);
    undis_thread(0, thread, 0);
    undis_thread(1, reader, &seen);
}
