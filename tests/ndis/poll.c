/*
 * poll.c - NDIS Poll mode (SE-11).
 */
#include <ndis.h>

#include "miniport.h"

#define POLLS 2

static struct poll {
    NDIS_POLL_HANDLE handle;
    volatile LONG inside, runs, enabled, disabled, at_dispatch, at_passive, now;
    volatile LONG work; /* completions that it still has to report */
    volatile LONG most;
    struct poll *other; /* asked for from inside */
    volatile KAFFINITY processors;
    BOOLEAN greedy;
} polls[POLLS];

static volatile LONG requesting; /* this thread is inside NdisRequestPoll */

static VOID set_notification(PVOID context, NDIS_POLL_NOTIFICATION *notification)
{
    struct poll *poll = context;
    CHECK(KeGetCurrentIrql() <= DISPATCH_LEVEL);
    CHECK_EQ(poll->inside, 0);
    InterlockedIncrement(notification->Enabled ? &poll->enabled : &poll->disabled);
}

/* Progress without lists: the counts alone tell. */
static VOID turn(PVOID context, NDIS_POLL_DATA *data)
{
    struct poll *poll = context;
    CHECK(KeGetCurrentIrql() <= DISPATCH_LEVEL);
    CHECK_EQ(InterlockedIncrement(&poll->inside), 1); /* never two of one object */
    CHECK_EQ(data->Header.Type, NDIS_OBJECT_TYPE_DEFAULT);
    CHECK_EQ(data->Receive.NumberOfIndicatedNbls, 0);
    CHECK(data->Transmit.MaxNblsToComplete > 0);
    InterlockedIncrement(KeGetCurrentIrql() == DISPATCH_LEVEL ? &poll->at_dispatch : &poll->at_passive);
    InterlockedIncrement(&poll->runs);
    poll->now += requesting;
    if (KeGetCurrentIrql() == DISPATCH_LEVEL) {
        poll->processors |= (KAFFINITY)1 << KeGetCurrentProcessorNumber();
    }
    if (poll->other != NULL) {
        NdisRequestPoll(poll->other->handle, NULL);
    }
    if (poll->work > 0) {
        InterlockedDecrement(&poll->work);
        data->Transmit.NumberOfCompletedNbls = poll->greedy ? data->Transmit.MaxNblsToComplete + 1 : 1;
    }
    InterlockedDecrement(&poll->inside);
}

static NDIS_POLL_CHARACTERISTICS characteristics(void)
{
    return (NDIS_POLL_CHARACTERISTICS){.Header = {.Type = NDIS_OBJECT_TYPE_DEFAULT,
                                                  .Revision = NDIS_POLL_CHARACTERISTICS_REVISION_1,
                                                  .Size = NDIS_SIZEOF_NDIS_POLL_CHARACTERISTICS_REVISION_1},
                                       .SetPollNotificationHandler = set_notification,
                                       .PollHandler = turn};
}

static NDIS_STATUS connect(NDIS_MINIPORT_INIT_PARAMETERS *parameters)
{
    NDIS_POLL_CHARACTERISTICS complete = characteristics(), incomplete = complete;
    (void)parameters;
    incomplete.PollHandler = NULL;
    CHECK_EQ(NdisRegisterPoll(mini.adapter, &polls[0], &incomplete, &polls[0].handle),
             STATUS_INVALID_PARAMETER);
    for (int i = 0; i < POLLS; i++) {
        CHECK_EQ(NdisRegisterPoll(mini.adapter, &polls[i], &complete, &polls[i].handle), STATUS_SUCCESS);
    }
    return NDIS_STATUS_SUCCESS;
}

static void disconnect(void)
{
    for (int i = 0; i < POLLS; i++) {
        NdisDeregisterPoll(polls[i].handle);
        CHECK_EQ(polls[i].inside, 0);
    }
}

static void start(void)
{
    memset(polls, 0, sizeof polls);
    mini_defaults();
    mini.on_initialize = connect;
    mini.on_halt = disconnect;
    mini_start(NULL);
}

/* A session goes on while there is progress, and then asks for notifications again. */
static void sessions(void *argument)
{
    KIRQL old;
    (void)argument;
    start();
    for (int i = 0; i < 200; i++) {
        LONG enabled = polls[0].enabled, runs = polls[0].runs;
        polls[0].work = 40;
        requesting = 1;
        NdisRequestPoll(polls[0].handle, NULL);
        requesting = 0;
        SLEEP_UNTIL(polls[0].enabled > enabled);
        CHECK_EQ(polls[0].work, 0);
        CHECK(polls[0].runs >= runs + 41);
    }
    CHECK(polls[0].now > 0); /* some before NdisRequestPoll returned */
    CHECK(polls[0].now < polls[0].runs);
    CHECK(polls[0].at_passive > 0); /* and both levels */
    CHECK(polls[0].at_dispatch > 0);
    LONG runs = polls[0].runs;
    KeRaiseIrql(DISPATCH_LEVEL, &old);
    NdisRequestPoll(polls[0].handle, NULL);
    KeLowerIrql(old);
    SLEEP_UNTIL(polls[0].runs > runs);
    mini_stop();
}

static void request_in_isr(void *argument)
{
    (void)argument;
    NdisRequestPoll(polls[0].handle, NULL);
}

static void from_isr(void *argument)
{
    (void)argument;
    start();
    for (int i = 0; i < 20; i++) {
        LONG enabled = polls[0].enabled;
        run_as_isr(request_in_isr, NULL, 0);
        SLEEP_UNTIL(polls[0].enabled > enabled);
    }
    mini_stop();
}

/* Each asks for the other from inside: what runs now runs inside the other, never inside itself. */
static void each_other(void *argument)
{
    (void)argument;
    start();
    polls[0].other = &polls[1];
    for (int i = 0; i < 100; i++) {
        LONG enabled = polls[1].enabled;
        NdisRequestPoll(polls[0].handle, NULL);
        SLEEP_UNTIL(polls[1].enabled > enabled);
    }
    polls[1].other = &polls[0]; /* for ever: until it is deregistered */
    NdisRequestPoll(polls[0].handle, NULL);
    sleep_ms(20);
    polls[0].other = polls[1].other = NULL;
    mini_stop();
}

static void affinity(void *argument)
{
    PROCESSOR_NUMBER one = {.Number = 1};
    (void)argument;
    start();
    run_on(0);
    NdisSetPollAffinity(polls[0].handle, &one);
    for (int i = 0; i < 100; i++) {
        LONG enabled = polls[0].enabled;
        NdisRequestPoll(polls[0].handle, NULL);
        SLEEP_UNTIL(polls[0].enabled > enabled);
    }
    CHECK_EQ(polls[0].processors, 2);
    mini_stop();
}

static void greed(void *argument)
{
    (void)argument;
    start();
    polls[0].greedy = TRUE;
    for (int i = 0; i < 40; i++) { /* some turn has a limit */
        LONG enabled = polls[0].enabled;
        polls[0].work = 1;
        NdisRequestPoll(polls[0].handle, NULL);
        SLEEP_UNTIL(polls[0].enabled > enabled);
    }
    CHECK(mini.instance->fault != NULL);
    mini_stop();
}

static const struct test_case cases[] = {
    CASE("poll_sessions_end_without_progress", sessions, "", 2, BOTH),
    CASE("poll_is_requested_by_an_isr", from_isr, "", 2, BOTH),
    CASE("poll_objects_ask_for_each_other", each_other, "", 2, BOTH),
    CASE("poll_has_an_affinity", affinity, "", 2, BOTH),
    CASE("poll_is_given_too_much", greed, "", 2, BOTH),
};

TEST_MAIN(cases)
