/*
 * life_traffic.c - the parts of a life (life_machine.h): passing frames.
 */
#include "scenario/faults.h"
#include "scenario/life_machine.h"

#include <stdio.h>

#define STALL_NS 30000000000ull /* without any progress */
#define SETTLE_NS 20000000ull   /* nothing moved for so long: nothing is in flight */
#define IDLE_NS 200000000ull
#define FAULT_NS                                                                                             \
    1000000000ull /* after a call that was made to fail: what has not come by then was dropped               \
                   */
#define POLL_MICROSECONDS 1000

static uint64_t moved(const struct life_machine *m)
{
    return (uint64_t)m->stack.completed + (uint64_t)m->stack.received;
}

static void show(struct life_machine *m, uint64_t total)
{
    if (m->life->progress != NULL) {
        KIRQL old = ke_mask();
        m->life->progress(m->life->last_step, moved(m), total);
        ke_unmask(old);
    }
}

void machine_toggle_interrupts(struct life_machine *m)
{
    if (adapter_disable_interrupts(m->adapter)) {
        machine_sleep(500);
        adapter_enable_interrupts(m->adapter);
    }
}

/* What NDIS and the stack do every now and then, whatever else happens. */
static void look_after(struct life_machine *m)
{
    if (m->adapter->state == ADAPTER_RUNNING) {
        adapter_check_for_hang(m->adapter);
        stack_ask(&m->stack);
    }
}

/* Polls until `done`, or nothing has moved for `limit` nanoseconds; true: done. */
static bool poll(struct life_machine *m, bool (*done)(struct life_machine *m), uint64_t limit,
                 void (*beside)(struct life_machine *m), uint64_t total)
{
    uint64_t seen = moved(m), since = ke_engine->now();
    for (unsigned n = 1; !done(m); n++) {
        machine_sleep(POLL_MICROSECONDS);
        if (moved(m) != seen) {
            seen = moved(m);
            since = ke_engine->now();
        } else if (ke_engine->now() - since > limit) {
            return false;
        }
        if (beside != NULL && n % 4 == 0) {
            beside(m);
        }
        if (n % 64 == 0) {
            show(m, total);
        }
        if (n % 256 == 0) {
            look_after(m);
        }
    }
    return true;
}

static bool traffic_done(struct life_machine *m)
{
    return stack_finished(&m->stack) || m->adapter->fault != NULL;
}

/* Only what is wrong ends the wait early. */
static bool wrong(struct life_machine *m)
{
    return m->stack.fault != NULL;
}

static bool quiet(struct life_machine *m)
{
    return stack_is_quiet(&m->stack);
}

void machine_settle(struct life_machine *m)
{
    poll(m, wrong, SETTLE_NS, NULL, 0);
}

void machine_wait_idle(struct life_machine *m)
{
    poll(m, traffic_done, IDLE_NS, NULL, 0);
}

bool machine_start_traffic(struct life_machine *m, uint64_t frames)
{
    m->begin = ke_engine->now();
    return stack_start(&m->stack, frames) || machine_fail(m, "not enough memory for the scripted protocol");
}

/* Frames that are missing without a documented reason. */
static uint64_t dropped(const struct life_machine *m, const struct traffic_totals *totals,
                        enum traffic_kind kind)
{
    if (m->stack.wire == NULL || (kind != TRAFFIC_LOSSLESS && kind != TRAFFIC_CANCELLED)) {
        return 0;
    }
    uint64_t missing = totals->offered - totals->received;
    return kind == TRAFFIC_LOSSLESS ? missing + (totals->submitted - totals->on_wire) : missing;
}

/* A driver that was refused memory may drop frames, as a network does. */
static enum traffic_kind forgiving(enum traffic_kind kind)
{
    return faults_happened() && kind != TRAFFIC_REMOVED ? TRAFFIC_DISTURBED : kind;
}

bool machine_end_traffic(struct life_machine *m, enum traffic_kind kind)
{
    kind = forgiving(kind);
    stack_stop(&m->stack);
    m->life->traffic_seconds += (double)(ke_engine->now() - m->begin) / 1e9;
    if (!poll(m, quiet, STALL_NS, NULL, 0)) {
        return machine_defect(m, m->adapter->sends != 0 ? "sends were never completed"
                                                        : "receives were never returned");
    }
    machine_settle(m);
    struct traffic_totals totals;
    stack_totals(&m->stack, &totals);
    m->life->frames_sent += totals.succeeded;
    m->life->frames_received += totals.received;
    m->life->frames_dropped += dropped(m, &totals, kind);
    return machine_check(m, stack_verify(&m->stack, kind)) && machine_check(m, m->peer_stack.fault);
}

/* False: it stands still, and nobody made a call of the driver fail. */
static bool wait_for_traffic(struct life_machine *m, void (*beside)(struct life_machine *m), uint64_t total)
{
    uint64_t seen = moved(m), stood = 0;
    while (!poll(m, traffic_done, FAULT_NS, beside, total)) {
        if (faults_happened()) {
            return true;
        }
        stood = moved(m) == seen ? stood + FAULT_NS : FAULT_NS;
        seen = moved(m);
        if (stood >= STALL_NS) {
            return false;
        }
    }
    return true;
}

bool machine_pass_frames(struct life_machine *m, uint64_t frames, void (*beside)(struct life_machine *m))
{
    if (!machine_start_traffic(m, frames)) {
        return false;
    }
    if (!wait_for_traffic(m, beside, frames * 2)) {
        char text[160];
        KIRQL old = ke_mask();
        snprintf(text, sizeof text, "traffic stands still: %lld of %lld frames sent, %lld of %lld received",
                 (long long)m->stack.completed, (long long)m->stack.send_target, (long long)m->stack.received,
                 (long long)m->stack.offer_target);
        ke_unmask(old);
        machine_defect(m, text);
    }
    show(m, frames * 2);
    return machine_end_traffic(m, TRAFFIC_LOSSLESS) && m->life->error[0] == 0;
}
