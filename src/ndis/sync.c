/*
 * sync.c - events and sleeping (spec section 7), time.
 */
#include "ke/ddi.h"
#include "ndis/adapter.h"

#define EVENT_POLL_NS 100000000u

/* Makes a notification event, not signalled.  Any IRQL.  EV-1, nf-ndis-ndisinitializeevent. */
VOID NdisInitializeEvent(PNDIS_EVENT Event)
{
    ddi_enter(NdisInitializeEvent);
    KeInitializeEvent(&Event->Event, NotificationEvent, FALSE);
}

/* Signals the event: every waiter goes on, until it is reset.  <= DISPATCH_LEVEL.  EV-2,
 * nf-ndis-ndissetevent. */
VOID NdisSetEvent(PNDIS_EVENT Event)
{
    ddi_enter(NdisSetEvent);
    KeSetEvent(&Event->Event, IO_NO_INCREMENT, FALSE);
}

/* Takes the signal away.  <= DISPATCH_LEVEL.  EV-2, nf-ndis-ndisresetevent. */
VOID NdisResetEvent(PNDIS_EVENT Event)
{
    ddi_enter(NdisResetEvent);
    KeClearEvent(&Event->Event);
}

/* A wait where waiting is forbidden (EV-4): stops the machine, or only looks when a listener has made a
 * finding of it. */
static BOOLEAN wait_above_passive(PNDIS_EVENT Event, UINT MsToWait)
{
    bool objected = event_send(EVENT_WAIT, &Event->Event, 1, MsToWait == 0 ? (uintptr_t)-1 : MsToWait,
                               BUGCODE_NDIS_DRIVER, 0x14);
    if (!objected) {
        ke_bugcheck(BUGCODE_NDIS_DRIVER, 0x14, ke_irql(), 0, 0);
    }
    uint64_t start = ke_engine->now(); /* which stands still under the explored engine */
    while (ke_engine->step == NULL && KeReadStateEvent(&Event->Event) == 0 &&
           ke_engine->now() - start < EVENT_POLL_NS) {
        host_relax();
    }
    return KeReadStateEvent(&Event->Event) != 0;
}

/*
 * Waits until the event is signalled, at most MsToWait milliseconds (0: for ever); TRUE when it was
 * signalled. PASSIVE_LEVEL; above it, APC_LEVEL too: bug check 0x7C/0x14.  EV-3, EV-4, nf-ndis-ndiswaitevent.
 */
BOOLEAN NdisWaitEvent(PNDIS_EVENT Event, UINT MsToWait)
{
    ddi_enter(NdisWaitEvent);
    if (ke_irql() > PASSIVE_LEVEL) {
        return wait_above_passive(Event, MsToWait);
    }
    LARGE_INTEGER timeout = {.QuadPart = -10000LL * MsToWait};
    NTSTATUS status =
        KeWaitForSingleObject(&Event->Event, Executive, KernelMode, FALSE, MsToWait == 0 ? NULL : &timeout);
    return status == STATUS_SUCCESS;
}

/* Sleeps.  < DISPATCH_LEVEL.  DL-2, nf-ndis-ndismsleep. */
VOID NdisMSleep(ULONG MicrosecondsToSleep)
{
    ddi_enter(NdisMSleep);
    LARGE_INTEGER interval = {.QuadPart = -10LL * MicrosecondsToSleep};
    KeDelayExecutionThread(KernelMode, FALSE, &interval);
}

/* Keeps the processor busy.  Any IRQL.  DL-1, nf-ndis-ndisstallexecution. */
VOID NdisStallExecution(UINT MicrosecondsToStall)
{
    ddi_enter(NdisStallExecution);
    if (MicrosecondsToStall > 50) { /* DL-1 */
        event_misuse("NdisStallExecution_Delay", "NdisStallExecution is called for more than 50 microseconds",
                     NULL, 0, 0);
    }
    KeStallExecutionProcessor(MicrosecondsToStall);
}

/* Wall-clock time in 100 ns units since 1601.  Any IRQL.  nf-ndis-ndisgetcurrentsystemtime. */
VOID NdisGetCurrentSystemTime(PLARGE_INTEGER pCurrentTime)
{
    ddi_enter(NdisGetCurrentSystemTime);
    pCurrentTime->QuadPart = (LONGLONG)host_system_time();
}

/* The same in 32 bits: wraps after 49.7 days.  Any IRQL. */
VOID NdisGetSystemUpTime(PULONG pSystemUpTime)
{
    ddi_enter(NdisGetSystemUpTime);
    *pSystemUpTime = (ULONG)(ke_engine->now() / 1000000u);
}

/* Milliseconds since the machine started.  Any IRQL.  nf-ndis-ndisgetsystemuptimeex. */
VOID NdisGetSystemUpTimeEx(PLARGE_INTEGER pSystemUpTime)
{
    ddi_enter(NdisGetSystemUpTimeEx);
    pSystemUpTime->QuadPart = (LONGLONG)(ke_engine->now() / 1000000u);
}
