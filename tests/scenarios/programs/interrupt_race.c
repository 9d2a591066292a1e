/* The same without the lock: the service routine comes between the thread's read and its write. */
#include <ntddk.h>
#include <undis/explore.h>

static PKINTERRUPT interrupt;
static int counted;

static BOOLEAN serve(PKINTERRUPT self, PVOID context)
{
    (void)self, (void)context;
    counted++;
    return TRUE;
}

static void count(void *unused)
{
    (void)unused;
    undis_interrupt_raise(interrupt);
    counted++;
}

void undis_scenario(void)
{
    interrupt = undis_interrupt(0, 5, serve, NULL);
    undis_thread(0, count, NULL);
}
