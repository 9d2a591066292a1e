/*
 * crowded.c - a thread on a processor that there is not.
 */
#include <undis/explore.h>

static void thread(void *argument)
{
    (void)argument;
}

void undis_scenario(void)
{
    undis_thread(64, thread, 0);
}
