/* One thread must see the other between its two stores, and again after the second: two preemptions, no
 * fewer. */
#include <ntddk.h>

#include <undis/explore.h>

static volatile LONG state;

static void go_through(void *unused)
{
    UNREFERENCED_PARAMETER(unused);
    state = 1;
    state = 2;
}

static void look_twice(void *unused)
{
    UNREFERENCED_PARAMETER(unused);
    LONG first = state;
    LONG second = state;
    undis_assert(!(first == 1 && second == 2));
}

void undis_scenario(void)
{
    undis_thread(0, go_through, NULL);
    undis_thread(1, look_twice, NULL);
}
