/*
 * A driver tells its device something at DISPATCH_LEVEL and polls for the answer.  The device answers at
 * once, until it has been reset; then never again.
 */
#include "../zoo.h"

static volatile LONG Answer;
static BOOLEAN Reset;
static ULONG Failed;

static BOOLEAN PollForAnswer(VOID); /* FALSE: there is none */

static VOID Kick(VOID)
{
    if (!Reset) {
        InterlockedExchange(&Answer, 1);
    }
}

static BOOLEAN GetBuffer(VOID)
{
    return InterlockedExchange(&Answer, 0) != 0;
}

static VOID SendControlMessage(VOID)
{
    Kick();
    if (!PollForAnswer()) {
        Failed++;
    }
}

static VOID Driver(VOID)
{
    KIRQL irql;
    KeRaiseIrql(DISPATCH_LEVEL, &irql);
    SendControlMessage();
    Reset = TRUE;         /* MiniportShutdownEx */
    SendControlMessage(); /* a late request, for the list of multicast addresses */
    KeLowerIrql(irql);
}

static BOOLEAN ZooStart(VOID)
{
    ZooThread(0, Driver);
    return TRUE;
}

static VOID ZooStop(VOID)
{
    NT_ASSERT(Failed == 1);
}
