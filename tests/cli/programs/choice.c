/* A choice, and then an order: the defect shows for one value of the one and one way of the other. */
#include <ntddk.h>

#include <undis/explore.h>

static volatile LONG chosen, written;

static void choose(void *unused)
{
    UNREFERENCED_PARAMETER(unused);
    undis_choose(3);
    chosen = (LONG)undis_choose(4);
}

static void look(void *unused)
{
    UNREFERENCED_PARAMETER(unused);
    undis_assert(chosen != 2);
    written = 1;
}

void undis_scenario(void)
{
    undis_thread(0, choose, NULL);
    undis_thread(1, look, NULL);
}
