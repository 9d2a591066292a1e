/* The interrupt of no processor in particular. */
#include <ntddk.h>
#include <undis/explore.h>

static PKINTERRUPT interrupt;

static BOOLEAN serve(PKINTERRUPT self, PVOID context)
{
    (void)self, (void)context;
    undis_assert(KeGetCurrentProcessorNumber() == 0);
    return TRUE;
}

static void raise(void *unused)
{
    (void)unused;
    undis_interrupt_raise(interrupt);
}

void undis_scenario(void)
{
    interrupt = undis_interrupt(UNDIS_ANY_PROCESSOR, 5, serve, NULL);
    undis_thread(0, raise, NULL);
    undis_thread(1, raise, NULL);
}
