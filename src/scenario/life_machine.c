/*
 * life_machine.c - the parts of a life (life_machine.h): set-up and take-down.
 */
#include "scenario/life_machine.h"

#include "dev/unic.h"

#include <stdio.h>

#define DIRQL 6
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
        ke_thread_join(neighbour->thread);
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
    struct life_machine *m = ke_allocate(sizeof *m);
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
    ke_free(m);
}

bool machine_plug_in(struct life_machine *m)
{
    machine_step(m, "plugging in the interface");
    struct unic_options options = {.wire = m->wire,
                                   .signalling = (enum device_signalling)m->life->interrupts};
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
    machine_settle(m); /* frames that the interface had kept since before the pause arrive now */
    return machine_check(m, NULL);
}
