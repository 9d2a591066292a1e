/* A periodic timer's callback that takes it for granted not to run beside itself. */
#include <ntddk.h>
#include <undis/explore.h>

static KTIMER timer;
static KDPC dpc;
static LONG inside;

static VOID expired(PKDPC self, PVOID context, PVOID first, PVOID second)
{
    (void)self, (void)context, (void)first, (void)second;
    undis_assert(InterlockedIncrement(&inside) == 1);
    InterlockedDecrement(&inside);
}

static void thread(void *unused)
{
    LARGE_INTEGER wait = {.QuadPart = -50000};
    (void)unused;
    KeDelayExecutionThread(KernelMode, FALSE, &wait);
    KeCancelTimer(&timer);
    KeFlushQueuedDpcs();
}

void undis_scenario(void)
{
    LARGE_INTEGER due = {.QuadPart = -10000};
    KeInitializeTimer(&timer);
    KeInitializeDpc(&dpc, expired, NULL);
    KeSetTimerEx(&timer, due, 1, &dpc);
    undis_thread(0, thread, NULL);
}
