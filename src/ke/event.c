/*
 * event.c - KEVENT (spec section 7; nf-wdm-keinitializeevent and neighbours).
 */
#include "ke/ddi.h"
#include "ke/dispatch.h"
#include "ke/object.h"
#include "ke/observer.h"
#include "ke/step.h"

/* KeInitializeEvent: any IRQL.  NotificationEvent stays signalled until reset, SynchronizationEvent lets one
 * waiter go. */
VOID KeInitializeEvent(PRKEVENT Event, EVENT_TYPE Type, BOOLEAN State)
{
    ddi_enter(KeInitializeEvent);
    ke_uses(Event);
    Event->Header.Type = Type == NotificationEvent ? KE_NOTIFICATION_EVENT : KE_SYNCHRONIZATION_EVENT;
    Event->Header.SignalState = State;
    InitializeListHead(&Event->Header.WaitListHead);
}

static LONG event_change(PRKEVENT event, LONG state)
{
    ke_about_to_change(event);
    ke_uses(event);
    KIRQL old = ke_guard_enter_quietly(&ke_dispatcher);
    LONG before = event->Header.SignalState;
    event->Header.SignalState = state;
    if (state > 0) {
        ke_releases(event);
    }
    if (state > 0 && before <= 0) {
        ke_wait_test(&event->Header);
    }
    ke_guard_leave(&ke_dispatcher, old);
    return before;
}

/* KeSetEvent: <= DISPATCH_LEVEL; returns the former state, non-zero when it was signalled.  Wait is a hint
 * that is not needed here. */
LONG KeSetEvent(PRKEVENT Event, KPRIORITY Increment, BOOLEAN Wait)
{
    ddi_enter(KeSetEvent);
    ddi_enter_when(KeSetEvent, wait, Wait);
    (void)Increment, (void)Wait;
    return event_change(Event, 1);
}

/* KeResetEvent: <= DISPATCH_LEVEL; returns the former state. */
LONG KeResetEvent(PRKEVENT Event)
{
    ddi_enter(KeResetEvent);
    return event_change(Event, 0);
}

/* KeClearEvent: <= DISPATCH_LEVEL. */
VOID KeClearEvent(PRKEVENT Event)
{
    ddi_enter(KeClearEvent);
    event_change(Event, 0);
}

/* KePulseEvent: <= DISPATCH_LEVEL; lets the present waiters go and resets; returns the former state. */
LONG KePulseEvent(PRKEVENT Event, KPRIORITY Increment, BOOLEAN Wait)
{
    ddi_enter(KePulseEvent);
    (void)Increment, (void)Wait;
    ke_about_to_change(Event);
    ke_uses(Event);
    KIRQL old = ke_guard_enter_quietly(&ke_dispatcher);
    LONG before = Event->Header.SignalState;
    Event->Header.SignalState = 1;
    ke_releases(Event);
    ke_wait_test(&Event->Header);
    Event->Header.SignalState = 0;
    ke_guard_leave(&ke_dispatcher, old);
    return before;
}

/* KeReadStateEvent: any IRQL. */
LONG KeReadStateEvent(PRKEVENT Event)
{
    ddi_enter(KeReadStateEvent);
    ke_about_to_look(Event);
    ke_acquires(Event);
    return *(volatile LONG *)&Event->Header.SignalState;
}
