/*
 * small.c - the small closed lives (contract in small.h): who does what at the same time.
 */
#include "scenario/small.h"

#include "ke/fault.h"
#include "scenario/small_parts.h"

#include <stdio.h>
#include <string.h>

static void send_first(void *argument)
{
    small_send(argument, 0, false);
}

static void send_second(void *argument)
{
    small_send(argument, 1, false);
}

static void pause(void *argument)
{
    small_pause(argument);
}

static void halt(void *argument)
{
    small_pause(argument);
    small_halt(argument);
}

/* ---- the lives ------------------------------------------------------------------------------------- */

/* Of lives in which nobody pauses or halts the adapter before everything is over. */
static void steady_both(struct small *small, void (*first)(void *), void (*second)(void *))
{
    small->end.adapter->steady = TRUE;
    small_both(small, first, second);
    small->end.adapter->steady = FALSE;
}

/* Two senders, and the interrupts of what they send. */
static void send_send(struct small *small)
{
    steady_both(small, send_first, send_second);
    small_await_send(small, 0);
    small_await_send(small, 1);
    /* A driver that was refused something may give a frame back unsent. */
    bool refused = ke_failed_calls != 0;
    small_expect(small, refused || small->sends[0].status == NDIS_STATUS_SUCCESS, "the first send succeeds");
    small_expect(small, refused || small->sends[1].status == NDIS_STATUS_SUCCESS, "the second send succeeds");
}

/* A send against MiniportPause. */
static void send_pause(struct small *small)
{
    small_both(small, send_first, pause);
}

static void offer(void *argument)
{
    small_offer(argument);
}

/* A frame that arrives, and is returned, against MiniportPause and MiniportHaltEx. */
static void receive_halt(struct small *small)
{
    small_both(small, offer, halt);
}

static void look_and_send(void *argument)
{
    struct small *small = argument;
    adapter_check_for_hang(small->end.adapter);
    small_send(small, 0, false);
    ndis_gate_open(&small->looked);
}

/* NDIS checks no adapter that it halts, and nobody sends over a binding that is closed. */
static void halt_after_look(void *argument)
{
    struct small *small = argument;
    small_pause(small);
    ndis_gate_wait(&small->looked);
    small_halt(small);
}

/* What the driver's timers do, and NDIS's for hang checks, against MiniportPause and MiniportHaltEx. */
static void timer_halt(struct small *small)
{
    ndis_gate_initialize(&small->looked);
    small_both(small, look_and_send, halt_after_look);
}

static void ask(void *argument)
{
    small_ask(argument, OID_GEN_STATISTICS);
}

static void reset(void *argument)
{
    struct small *small = argument;
    adapter_reset(small->end.adapter);
}

/* An OID request against MiniportResetEx, which takes the first processor: what a reset leaves to a work item
 * runs there too.  So only interrupts are kept apart by IRQL, and every order of the request and the reset is
 * possible. */
static void oid_reset(struct small *small)
{
    steady_both(small, reset, ask);
}

static void send_cancellable(void *argument)
{
    small_send(argument, 0, true);
}

static void cancel(void *argument)
{
    small_cancel(argument);
}

/* MiniportCancelSend against the completion of what it cancels. */
static void cancel_complete(struct small *small)
{
    steady_both(small, send_cancellable, cancel);
    small_await_send(small, 0);
}

static const struct {
    const char *name;
    void (*live)(struct small *small);
} lives[] = {
    {"send-send", send_send},   {"send-pause", send_pause}, {"receive-halt", receive_halt},
    {"timer-halt", timer_halt}, {"oid-reset", oid_reset},   {"cancel-complete", cancel_complete},
};
#define LIVES (sizeof lives / sizeof lives[0])

static size_t find(const char *name)
{
    size_t n = 0;
    while (n < LIVES && strcmp(lives[n].name, name) != 0) {
        n++;
    }
    return n;
}

bool small_knows(const char *name)
{
    return find(name) < LIVES;
}

bool small_run(const char *name, DRIVER_OBJECT *driver, const char *driver_name, unsigned interrupts,
               char *error, size_t error_size)
{
    struct small *small = ke_allocate(sizeof *small);
    if (small == NULL) {
        snprintf(error, error_size, "not enough memory");
        return false;
    }
    small->name = name;
    small->driver_name = driver_name;
    small->interrupts = (enum device_signalling)interrupts;
    small->driver = miniport_of(driver);
    bool ready = small_set_up(small);
    if (ready) {
        lives[find(name)].live(small);
    } else {
        KIRQL old = ke_mask();
        snprintf(error, error_size, "%s: %s", name, small->error);
        ke_unmask(old);
    }
    small_take_down(small);
    ke_free(small);
    return ready;
}
