/* A service routine and a thread that it may interrupt share a counter under the interrupt's lock. */
#include <ntddk.h>
#include <undis/explore.h>

static PKINTERRUPT interrupt;
static int served, counted;

static BOOLEAN serve(PKINTERRUPT self, PVOID context)
{
    undis_assert(self == interrupt && context == &served);
    undis_assert(KeGetCurrentIrql() == 5 && KeGetCurrentProcessorNumber() == 0);
    served++;
    counted++;
    return TRUE;
}

static BOOLEAN count(PVOID unused)
{
    (void)unused;
    counted++;
    return TRUE;
}

static void synchronized(void *unused)
{
    (void)unused;
    undis_interrupt_raise(interrupt);
    KeSynchronizeExecution(interrupt, count, NULL);
}

static void raise(void *unused)
{
    (void)unused;
    undis_interrupt_raise(interrupt);
}

/* Two that come while none is served are one, and who comes at the very end comes never. */
static void check(void *unused)
{
    (void)unused;
    undis_assert(served <= 2 && counted == served + 1);
}

void undis_scenario(void)
{
    interrupt = undis_interrupt(0, 5, serve, &served);
    undis_at_end(check, NULL);
    undis_thread(0, synchronized, NULL);
    undis_thread(1, raise, NULL);
}
