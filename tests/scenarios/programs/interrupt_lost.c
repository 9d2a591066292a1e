/* An interrupt comes before the end, or is lost: there are both executions. */
#include <ntddk.h>
#include <undis/explore.h>

static PKINTERRUPT interrupt;
static int served;

static BOOLEAN serve(PKINTERRUPT self, PVOID context)
{
    (void)self, (void)context;
    served = 1;
    return TRUE;
}

static void raise(void *unused)
{
    (void)unused;
    undis_interrupt_raise(interrupt);
}

static void check(void *unused)
{
    (void)unused;
    undis_assert(served == 0);
    undis_assert(served != 0);
}

void undis_scenario(void)
{
    interrupt = undis_interrupt(0, 5, serve, NULL);
    undis_at_end(check, NULL);
    undis_thread(0, raise, NULL);
}
