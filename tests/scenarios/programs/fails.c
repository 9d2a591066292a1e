/*
 * fails.c - an assertion that fails whatever the schedule.
 */
#include <undis/explore.h>

static void thread(void *argument)
{
    undis_assert(argument != 0);
}

void undis_scenario(void)
{
    undis_thread(0, thread, 0);
}
