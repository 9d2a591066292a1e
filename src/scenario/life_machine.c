/*
 * life_machine.c - the parts of a life (life_machine.h): set-up, take-down, and passing frames.
 */
#include "scenario/life_machine.h"

#include "dev/unic.h"

#include <stdio.h>

#define DIRQL 6
#define STALL_NS 30000000000ull /* without any progress */
#define SETTLE_NS 20000000ull   /* nothing moved for so long: nothing is in flight */
#define IDLE_NS 200000000ull
#define POLL_MICROSECONDS 1000

void machine_sleep(unsigned microseconds)
{
    LARGE_INTEGER interval = {.QuadPart = -10LL * microseconds};
    KeDelayExecutionThread(KernelMode, FALSE, &interval);
}

void machine_step(struct life_machine *m, const char *step)
{
    m->life->last_step = step;
    if (m->life->progress != NULL) {
        KIRQL old = ke_mask();
        m->life->progress(step, 0, 0);
        ke_unmask(old);
    }
}

bool machine_fail(struct life_machine *m, const char *why)
{
    struct life *life = m->life;
    KIRQL old = ke_mask();
    if (life->error[0] == 0) {
        snprintf(life->error, sizeof life->error, "%s: %s",
                 life->last_step == NULL ? "life" : life->last_step, why);
    }
    ke_unmask(old);
    return false;
}

bool machine_check(struct life_machine *m, const char *fault)
{
    if (fault == NULL && m->adapter != NULL) {
        fault = m->adapter->fault;
    }
    return fault == NULL || machine_defect(m, fault);
}

bool machine_defect(struct life_machine *m, const char *why)
{
    machine_fail(m, why);
    m->life->defect = true;
    event_send(EVENT_ASSERTION, m->life->error, 0, 0, 0, 0);
    return false;
}

/* ---- the neighbour on the line ---------------------------------------------------------------------- */

static BOOLEAN neighbour_service(struct ke_interrupt *interrupt, void *context)
{
    struct neighbour *neighbour = context;
    (void)interrupt;
    InterlockedIncrement(&neighbour->asked);
    if (!neighbour->raised) {
        return FALSE;
    }
    neighbour->raised = false;
    ke_line_deassert_source(neighbour->line, 1);
    InterlockedIncrement(&neighbour->served);
    return TRUE;
}

static void neighbour_loop(void *context)
{
    struct neighbour *neighbour = context;
    while (!neighbour->stop) {
        machine_sleep(500 + 500 * ke_choose(CHOICE_DEVICE, 8));
        if (!neighbour->raised) {
            neighbour->raised = true;
            ke_line_assert_source(neighbour->line, 1);
        }
    }
}

static void neighbour_start(struct neighbour *neighbour, struct ke_line *line)
{
    neighbour->line = line;
    neighbour->stop = neighbour->raised = false;
    neighbour->interrupt.service = neighbour_service;
    neighbour->interrupt.context = neighbour;
    ke_interrupt_connect(&neighbour->interrupt, line);
    neighbour->thread = ke_thread_create(neighbour_loop, neighbour, "neighbour on the line", true);
}

static void neighbour_stop(struct neighbour *neighbour)
{
    if (neighbour->line == NULL) {
        return;
    }
    neighbour->stop = true;
    if (neighbour->thread != NULL) {
        KeWaitForSingleObject(neighbour->thread, Executive, KernelMode, FALSE, NULL);
        ke_thread_dereference(neighbour->thread);
        neighbour->thread = NULL;
    }
    ke_line_deassert_source(neighbour->line, 1);
    ke_interrupt_disconnect(&neighbour->interrupt);
    neighbour->line = NULL;
}

/* ---- set-up and take-down ----------------------------------------------------------------------------- */

static bool make_capture(struct life_machine *m)
{
    if (m->life->traffic != NULL) {
        m->capture = m->life->traffic;
        return true;
    }
    KIRQL old = ke_mask();
    bool made = capture_builtin(&m->builtin);
    ke_unmask(old);
    m->capture = &m->builtin;
    return made;
}

static bool make_wire(struct life_machine *m)
{
    char error[200] = "not enough memory for the wire";
    struct wire_options options = {
        .next = stack_wire_next,
        .sent = stack_wire_sent,
        .context = &m->stack,
        .pcap_out = m->life->pcap_out,
    };
    KIRQL old = ke_mask();
    m->wire = wire_create(&options, error, sizeof error);
    ke_unmask(old);
    return m->wire != NULL || machine_fail(m, error);
}

struct life_machine *machine_create(struct life *life)
{
    struct life_machine *m = ndis_allocate(sizeof *m);
    life->ran = false;
    life->error[0] = 0;
    if (m == NULL) {
        KIRQL old = ke_mask();
        snprintf(life->error, sizeof life->error, "not enough memory");
        ke_unmask(old);
        return NULL;
    }
    m->life = life;
    m->driver = miniport_of(life->driver);
    machine_step(m, "set-up");
    bool made = (m->driver != NULL || machine_fail(m, "the driver registered no miniport")) &&
                (make_capture(m) || machine_fail(m, "not enough memory for frames")) &&
                ((stack_create(&m->stack, m->capture) && stack_create(&m->peer_stack, m->capture)) ||
                 machine_fail(m, "not enough memory for the scripted protocol")) &&
                make_wire(m);
    if (!made) {
        machine_destroy(m);
        return NULL;
    }
    return m;
}

/* Paused and unbound, from wherever it is. */
static void wind_down(struct stack *stack, struct ndis_adapter *adapter)
{
    stack_stop(stack);
    adapter_hang_watch_stop(adapter);
    if (adapter->state == ADAPTER_RUNNING) {
        adapter_pause(adapter);
    }
    if (adapter->state == ADAPTER_PAUSED) {
        while (!stack_is_quiet(stack)) {
            machine_sleep(POLL_MICROSECONDS);
        }
        stack_unbind(stack);
        adapter_halt(adapter, NdisHaltDeviceDisabled);
    } else if (adapter->state == ADAPTER_SHUTDOWN) {
        stack_unbind(stack);
    }
}

static void remove_adapter(struct stack *stack, struct ndis_adapter **adapter)
{
    if (*adapter != NULL) {
        wind_down(stack, *adapter);
        adapter_destroy(*adapter);
        *adapter = NULL;
    }
}

static void unplug(struct life_machine *m)
{
    neighbour_stop(&m->neighbour);
    if (m->device != NULL) {
        KIRQL old = ke_mask();
        device_detach(m->device);
        ke_unmask(old);
        m->device = NULL;
    }
}

/* What a person should know although the life went on. */
static void show_warnings(struct life_machine *m)
{
    const char *warning = m->stack.warning != NULL ? m->stack.warning : m->peer_stack.warning;
    if (warning != NULL) {
        KIRQL old = ke_mask();
        fprintf(stderr, "undis: warning: %s: %s\n", m->life->driver_name, warning);
        ke_unmask(old);
    }
}

void machine_destroy(struct life_machine *m)
{
    char error[200];
    show_warnings(m);
    m->life->frames_received += (uint64_t)m->peer_stack.received;
    remove_adapter(&m->stack, &m->adapter);
    remove_adapter(&m->peer_stack, &m->peer);
    unplug(m);
    stack_destroy(&m->stack);
    stack_destroy(&m->peer_stack);
    KIRQL old = ke_mask();
    bool written = m->wire == NULL || wire_destroy(m->wire, error, sizeof error);
    if (m->capture == &m->builtin) {
        capture_free(&m->builtin);
    }
    ke_unmask(old);
    if (!written) {
        m->life->ran = machine_fail(m, error);
    }
    ndis_free(m);
}

bool machine_plug_in(struct life_machine *m)
{
    machine_step(m, "plugging in the interface");
    struct unic_options options = {.wire = m->wire};
    KIRQL old = ke_mask();
    m->device = unic_create(&options);
    bool attached = m->device != NULL && device_attach(m->device, DIRQL);
    ke_unmask(old);
    if (!attached) {
        return machine_fail(m, "the network interface could not be put on the bus");
    }
    neighbour_start(&m->neighbour, m->device->line);
    m->adapter = adapter_create(m->driver, m->device, m->life->driver_name);
    return m->adapter != NULL || machine_fail(m, "not enough memory for an adapter");
}

void machine_pull_out(struct life_machine *m)
{
    if (m->stack.wire != NULL) {
        device_remove(m->device);
    }
}

static void settle(struct life_machine *m);

/* ---- up ----------------------------------------------------------------------------------------------- */

static bool initialize(struct life_machine *m, struct ndis_adapter *adapter)
{
    NDIS_STATUS status = adapter_initialize(adapter);
    if (status == NDIS_STATUS_SUCCESS) {
        return true;
    }
    char text[80];
    KIRQL old = ke_mask();
    snprintf(text, sizeof text, "MiniportInitializeEx failed with 0x%08X", (unsigned)status);
    ke_unmask(old);
    return machine_fail(m, text);
}

static bool bring_up_peer(struct life_machine *m)
{
    if (m->peer == NULL) {
        m->peer = adapter_create(m->driver, NULL, m->life->driver_name);
    }
    if (m->peer == NULL) {
        return machine_fail(m, "not enough memory for an adapter");
    }
    if (m->peer->state != ADAPTER_HALTED) {
        return true;
    }
    machine_step(m, "initializing a second adapter");
    return initialize(m, m->peer) &&
           (stack_bind(&m->peer_stack, m->peer) || machine_fail(m, "not enough memory")) &&
           adapter_restart(m->peer) == NDIS_STATUS_SUCCESS &&
           stack_filter_set(&m->peer_stack) == NDIS_STATUS_SUCCESS;
}

bool machine_bring_up(struct life_machine *m)
{
    machine_step(m, "initialize");
    if (!initialize(m, m->adapter)) {
        return false;
    }
    m->stack.wire = m->adapter->uses_hardware ? m->wire : NULL;
    if (!stack_bind(&m->stack, m->adapter)) {
        return machine_fail(m, "not enough memory for the scripted protocol");
    }
    if (m->stack.wire == NULL && !bring_up_peer(m)) {
        return machine_fail(m, "a second adapter could not be brought up");
    }
    return machine_check(m, NULL);
}

bool machine_restart(struct life_machine *m)
{
    machine_step(m, "restart");
    if (adapter_restart(m->adapter) != NDIS_STATUS_SUCCESS) {
        return machine_fail(m, "MiniportRestart failed");
    }
    if (stack_filter_set(&m->stack) != NDIS_STATUS_SUCCESS) {
        return machine_fail(m, "the miniport refused OID_GEN_CURRENT_PACKET_FILTER");
    }
    settle(m); /* frames that the interface had kept since before the pause arrive now */
    return machine_check(m, NULL);
}

/* ---- frames ------------------------------------------------------------------------------------------- */

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

static bool never(struct life_machine *m)
{
    return m->stack.fault != NULL;
}

static bool quiet(struct life_machine *m)
{
    return stack_is_quiet(&m->stack);
}

/* What is still on its way arrives. */
static void settle(struct life_machine *m)
{
    poll(m, never, SETTLE_NS, NULL, 0);
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

bool machine_end_traffic(struct life_machine *m, enum traffic_kind kind)
{
    stack_stop(&m->stack);
    m->life->traffic_seconds += (double)(ke_engine->now() - m->begin) / 1e9;
    if (!poll(m, quiet, STALL_NS, NULL, 0)) {
        return machine_defect(m, m->adapter->sends != 0 ? "sends were never completed"
                                                        : "receives were never returned");
    }
    settle(m);
    struct traffic_totals totals;
    stack_totals(&m->stack, &totals);
    m->life->frames_sent += totals.succeeded;
    m->life->frames_received += totals.received;
    uint64_t missing = m->stack.wire == NULL ? 0 : totals.offered - totals.received;
    if (kind == TRAFFIC_LOSSLESS && m->stack.wire != NULL) {
        m->life->frames_dropped += missing + (totals.submitted - totals.on_wire);
    } else if (kind == TRAFFIC_CANCELLED) {
        m->life->frames_dropped += missing;
        m->life->frames_excused += totals.refused;
    } else {
        m->life->frames_excused += missing + totals.refused;
    }
    return machine_check(m, stack_verify(&m->stack, kind)) && machine_check(m, m->peer_stack.fault);
}

bool machine_pass_frames(struct life_machine *m, uint64_t frames, void (*beside)(struct life_machine *m))
{
    if (!machine_start_traffic(m, frames)) {
        return false;
    }
    if (!poll(m, traffic_done, STALL_NS, beside, frames * 2)) {
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
