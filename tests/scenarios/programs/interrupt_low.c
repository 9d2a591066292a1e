/* No device interrupts at DISPATCH_LEVEL. */
#include <ntddk.h>
#include <undis/explore.h>

static BOOLEAN serve(PKINTERRUPT self, PVOID context)
{
    (void)self, (void)context;
    return TRUE;
}

void undis_scenario(void)
{
    undis_interrupt(0, DISPATCH_LEVEL, serve, NULL);
}
