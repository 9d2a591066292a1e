/* Three threads increment one counter 4, 4 and 5 times: 13! / (4! 4! 5!) = 90090 executions. */
#include <ntddk.h>

#include <undis/explore.h>

static volatile LONG counter;
static int times[] = {4, 4, 5};

static void add(void *argument)
{
    for (int i = 0; i < *(int *)argument; i++) {
        InterlockedIncrement(&counter);
    }
}

static void check(void *unused)
{
    UNREFERENCED_PARAMETER(unused);
    undis_assert(counter == 13);
}

void undis_scenario(void)
{
    for (unsigned i = 0; i < 3; i++) {
        undis_thread(i, add, &times[i]);
    }
    undis_at_end(check, NULL);
}
