/*
 * threads.c - threads that start threads, join them, and are waited for at the end.
 */
#include <ndis.h>

#include <undis/explore.h>

static volatile LONG ended;

static void leaf(void *argument)
{
    (void)argument;
    InterlockedIncrement(&ended);
}

static void parent(void *argument)
{
    (void)argument;
    undis_thread(0, leaf, NULL);
    undis_thread(1, leaf, NULL);
    undis_join();
    undis_assert(ended >= 2);
    InterlockedIncrement(&ended);
}

static void check(void *argument)
{
    undis_assert(ended == *(const LONG *)argument);
}

void undis_scenario(void)
{
    static LONG all = 4;
    undis_at_end(check, &all);
    undis_thread(1, parent, NULL);
    undis_thread(0, leaf, NULL);
}
