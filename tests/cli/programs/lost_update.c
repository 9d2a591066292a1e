/* Two threads add 1 each, not atomically: one preemption loses an update. */
#include <ntddk.h>

#include <undis/explore.h>

static volatile LONG counter;

static void add(void *unused)
{
    UNREFERENCED_PARAMETER(unused);
    LONG seen = counter;
    counter = seen + 1;
}

static void check(void *unused)
{
    UNREFERENCED_PARAMETER(unused);
    undis_assert(counter == 2);
}

void undis_scenario(void)
{
    undis_thread(0, add, NULL);
    undis_thread(1, add, NULL);
    undis_at_end(check, NULL);
}
