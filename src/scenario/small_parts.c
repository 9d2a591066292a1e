/*
 * small_parts.c - the adapter of a small life: set up, taken down, and threads (contract in small_parts.h).
 */
#include "scenario/small_parts.h"

#include "dev/unic.h"
#include "ke/step.h"
#include "scenario/small_protocol.h"

#include <stdio.h>

#define DIRQL 6
#define SMALL_BUFFERS 4

void small_expect(struct small *small, bool holds, const char *expected)
{
    if (holds) {
        return;
    }
    char text[200];
    KIRQL old = ke_mask();
    snprintf(text, sizeof text, "%s: %s", small->name, expected);
    ke_unmask(old);
    event_send(EVENT_ASSERTION, text, 0, 0, 0, 0);
    ke_abandon(); /* what follows from it says nothing */
}

static bool fail(struct small *small, const char *why)
{
    KIRQL old = ke_mask();
    snprintf(small->error, sizeof small->error, "%s", why);
    ke_unmask(old);
    return false;
}

/* ---- up ---------------------------------------------------------------------------------------------- */

static bool plug_in(struct small *small)
{
    const struct wire_options wire = {
        .next = small_wire_next, .offers = small_wire_offers, .sent = small_wire_sent, .context = small};
    KIRQL old = ke_mask();
    small->wire = wire_create(&wire, small->error, sizeof small->error);
    struct unic_options options = {.wire = small->wire, .signalling = small->interrupts};
    small->device = small->wire == NULL ? NULL : unic_create(&options);
    bool attached = small->device != NULL && device_attach(small->device, DIRQL);
    ke_unmask(old);
    return attached || fail(small, "the network interface could not be put on the bus");
}

static bool bring_up(struct small *small, struct small_end *end, struct device *device)
{
    end->small = small;
    end->adapter = adapter_create(small->driver, device, small->driver_name);
    if (end->adapter == NULL) {
        return fail(small, "not enough memory for an adapter");
    }
    /* Small rings are set up in few steps, whoever sets them up anew. */
    adapter_parameter_set_integer(end->adapter, "*ReceiveBuffers", SMALL_BUFFERS);
    adapter_parameter_set_integer(end->adapter, "*TransmitBuffers", SMALL_BUFFERS);
    adapter_parameters_set_preset(end->adapter); /* who has given others is to have them */
    NDIS_STATUS status = adapter_initialize(end->adapter);
    if (status != NDIS_STATUS_SUCCESS) {
        KIRQL old = ke_mask();
        snprintf(small->error, sizeof small->error, "MiniportInitializeEx failed with 0x%08X",
                 (unsigned)status);
        ke_unmask(old);
        return false;
    }
    return (protocol_bind(end) || fail(small, "not enough memory for the protocol")) &&
           (adapter_restart(end->adapter) == NDIS_STATUS_SUCCESS || fail(small, "MiniportRestart failed")) &&
           (protocol_filter_set(end) || fail(small, "the miniport refused the packet filter"));
}

bool small_set_up(struct small *small)
{
    if (!plug_in(small) || !bring_up(small, &small->end, small->device)) {
        return false;
    }
    small->has_wire = small->end.adapter->uses_hardware;
    if (!small->has_wire && !bring_up(small, &small->peer, NULL)) {
        return false;
    }
    if (!protocol_make_sends(small)) {
        return fail(small, "not enough memory for frames");
    }
    if (ke_engine->settle != NULL) {
        ke_engine->settle(); /* what this has set off is over; from here on it is explored */
    }
    return true;
}

/* ---- down -------------------------------------------------------------------------------------------- */

static void pause_end(struct small *small, struct small_end *end)
{
    if (end->adapter->state == ADAPTER_RUNNING) {
        adapter_pause(end->adapter);
    }
    small_expect(small, end->adapter->fault == NULL, end->adapter->fault);
}

void small_pause(struct small *small)
{
    pause_end(small, &small->end);
}

static void halt_end(struct small_end *end)
{
    if (end->adapter->state == ADAPTER_PAUSED) {
        protocol_unbind(end);
        adapter_halt(end->adapter, NdisHaltDeviceDisabled);
    }
}

void small_halt(struct small *small)
{
    halt_end(&small->end);
}

static void remove_end(struct small *small, struct small_end *end)
{
    if (end->adapter != NULL) {
        pause_end(small, end);
        halt_end(end);
        small_expect(small, end->adapter->fault == NULL, end->adapter->fault);
        send_pools_free(&end->pools); /* all sends are freed */
        adapter_destroy(end->adapter);
        end->adapter = NULL;
    }
}

static void unplug(struct small *small)
{
    char error[200];
    if (small->device != NULL) {
        ke_about_to_change(small->device);
    }
    KIRQL old = ke_mask();
    if (small->device != NULL) {
        device_detach(small->device);
    }
    if (small->wire != NULL) {
        wire_destroy(small->wire, error, sizeof error);
    }
    ke_unmask(old);
}

void small_take_down(struct small *small)
{
    if (small->end.adapter != NULL) {
        pause_end(small, &small->end);
    }
    protocol_verify(small);
    protocol_free_sends(small);
    remove_end(small, &small->end);
    remove_end(small, &small->peer);
    unplug(small);
}

/* ---- threads ------------------------------------------------------------------------------------------ */

static void start(struct small *small, unsigned number, void (*body)(void *))
{
    KAFFINITY processor = (KAFFINITY)1 << (number % ke_processor_count);
    small->threads[number] = ke_thread_create_on(body, small, "small life", true, processor);
    ndis_require(small->threads[number] != NULL, "there is memory for a thread");
    small->threads[number]->only_joined = TRUE;
}

void small_both(struct small *small, void (*first)(void *), void (*second)(void *))
{
    start(small, 0, first);
    start(small, 1, second);
    if (ke_engine->settle != NULL && ke_engine->unexplored != NULL) {
        ke_engine->settle();
        ke_engine->unexplored();
    }
    ke_thread_join(small->threads[0]);
    ke_thread_join(small->threads[1]);
}
