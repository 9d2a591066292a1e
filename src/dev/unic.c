/*
 * unic.c - the unic network interface: its life, its engine's steps, its interrupt line.
 *
 * One guard covers the registers.  The device's thread copies what it needs under the guard, works on the
 * rings without it, and adds the outcome under it again: a processor never waits for a frame's copy.
 */
#include "dev/unic_model.h"

#include "host/memory.h"
#include "mm/dma.h"

#include <string.h>

/* ---- the interrupt line ------------------------------------------------------------------------ */

/* When the next moderated interrupt may come.  Under the explored engine its unit says when: at any time. */
static uint64_t quiet_until(const struct unic *nic, uint64_t now)
{
    return nic->moderation == 0   ? 0
           : device_is_explored() ? UINT64_MAX
                                  : now + (uint64_t)nic->moderation * 1000;
}

/* Which causes an entry of the message table tells of; with fewer messages the last stands for all the rest.
 */
static uint32_t causes_of(const struct unic *nic, unsigned entry)
{
    static const uint32_t causes[UNIC_ENTRIES] = {CAUSE_TX_DONE, CAUSE_RX_DONE | CAUSE_RX_EMPTY,
                                                  CAUSE_LINK | CAUSE_ERROR | CAUSE_FATAL | CAUSE_SOFTWARE};
    uint32_t sum = causes[entry];
    if (entry + 1 == nic->device.messages.granted) {
        while (++entry < UNIC_ENTRIES) {
            sum |= causes[entry];
        }
    }
    return sum;
}

static void begin(struct unic *nic, unsigned entry)
{
    nic->asserted |= 1u << entry;
    if (nic->by_messages) {
        device_signal(&nic->device, entry);
    } else {
        ke_line_assert_source(nic->device.line, nic->device.line_source);
    }
}

static void end(struct unic *nic, unsigned entry)
{
    nic->asserted &= ~(1u << entry);
    if (!nic->by_messages) {
        ke_line_deassert_source(nic->device.line, nic->device.line_source);
    }
}

/* The line, or one entry, follows its causes.  Returns when it is due when it is put off, else 0. */
static uint64_t follow(struct unic *nic, unsigned entry, uint32_t wanted)
{
    bool asserted = (nic->asserted >> entry & 1) != 0;
    if (wanted == 0 && asserted) {
        end(nic, entry);
    } else if (wanted != 0 && !asserted) {
        uint64_t now = nic->moderation == 0 ? 0 : device_now();
        if ((wanted & ~CAUSE_MODERATED) == 0 && now < nic->quiet_until[entry] && nic->moderation != 0) {
            return nic->quiet_until[entry];
        }
        nic->quiet_until[entry] = quiet_until(nic, now);
        begin(nic, entry);
    }
    return 0;
}

/* From the line to messages or back: what the one has told the other tells anew. */
static void choose_signalling(struct unic *nic)
{
    bool by_messages = device_signals_messages(&nic->device);
    if (by_messages == nic->by_messages) {
        return;
    }
    if (nic->asserted != 0 && !nic->by_messages) {
        end(nic, 0);
    }
    nic->asserted = 0;
    nic->by_messages = by_messages;
}

void unic_line_update(struct unic *nic)
{
    uint32_t wanted = nic->device.removed ? 0 : nic->cause & nic->mask;
    uint64_t due = 0;
    choose_signalling(nic);
    unsigned entries = nic->by_messages ? nic->device.messages.granted : 1;
    for (unsigned entry = 0; entry < entries; entry++) {
        uint64_t later = follow(nic, entry, nic->by_messages ? wanted & causes_of(nic, entry) : wanted);
        due = later != 0 && (due == 0 || later < due) ? later : due;
    }
    if (due != nic->device.due) {
        nic->device.due = due;
        if (due != 0) {
            device_kick(&nic->device);
        }
    }
}

static void unic_update(struct device *device)
{
    struct unic *nic = (struct unic *)device;
    KIRQL old = ke_guard_enter(&nic->guard);
    unic_line_update(nic);
    ke_guard_leave(&nic->guard, old);
}

/* ---- batches ----------------------------------------------------------------------------------- */

bool unic_batch_begin(struct unic *nic, struct unic_ring *ring, uint32_t enable, struct unic_ring *copy)
{
    KIRQL old = ke_guard_enter(&nic->guard);
    bool enabled = (nic->control & enable) != 0 && !nic->fatal && !nic->reset_pending;
    ring->busy = enabled;
    *copy = *ring;
    ke_guard_leave(&nic->guard, old);
    return enabled;
}

void unic_batch_end(struct unic *nic, struct unic_ring *ring, const struct unic_batch *batch)
{
    if (batch->done != 0 && ring->report != 0) {
        dma_publish(ring->report, batch->head); /* before the interrupt that tells of it */
    }
    KIRQL old = ke_guard_enter(&nic->guard);
    ring->head = batch->head;
    ring->busy = false;
    for (unsigned counter = 0; counter < COUNTERS; counter++) {
        nic->counters[counter] += batch->counters[counter];
    }
    if (batch->error != 0) {
        nic->error = batch->error;
    }
    nic->fatal |= batch->fatal;
    nic->cause |= batch->cause | (batch->fatal ? CAUSE_FATAL : 0);
    unic_line_update(nic);
    ke_guard_leave(&nic->guard, old);
}

enum unic_cast unic_cast_of(const uint8_t *frame)
{
    static const uint8_t broadcast[6] = {0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF};
    if ((frame[0] & 1) == 0) {
        return CAST_UNICAST;
    }
    return memcmp(frame, broadcast, sizeof(broadcast)) == 0 ? CAST_BROADCAST : CAST_MULTICAST;
}

/* ---- steps ------------------------------------------------------------------------------------- */

/* What a reset leaves: everything as after power-up, except the counters and the link. */
static void reset_guarded(struct unic *nic)
{
    nic->control = 0;
    nic->cause = nic->mask = nic->moderation = nic->error = 0;
    nic->fatal = false;
    memset(nic->quiet_until, 0, sizeof(nic->quiet_until));
    memcpy(nic->address, nic->permanent, sizeof(nic->address));
    nic->filter = nic->multicast_count = 0;
    memset(nic->multicast, 0, sizeof(nic->multicast));
    memset(&nic->tx, 0, sizeof(nic->tx));
    memset(&nic->rx, 0, sizeof(nic->rx));
    nic->reset_pending = false;
    nic->tx_partial = UINT32_MAX;
    unic_line_update(nic);
}

void unic_housekeeping(struct unic *nic)
{
    bool link = nic->wire != NULL && wire_is_up(nic->wire);
    KIRQL old = ke_guard_enter(&nic->guard);
    if (nic->reset_pending && !nic->tx.busy && !nic->rx.busy) {
        reset_guarded(nic);
    }
    if (link != nic->link) {
        nic->link = link;
        nic->cause |= CAUSE_LINK;
    }
    unic_line_update(nic);
    ke_guard_leave(&nic->guard, old);
}

static bool unic_step(struct device *device)
{
    struct unic *nic = (struct unic *)device;
    unic_housekeeping(nic);
    struct unic_batch tx = {.limit = BATCH}, rx = {.limit = BATCH};
    if (unic_transmit(nic, &tx)) {
        unic_batch_end(nic, &nic->tx, &tx);
    }
    if (unic_receive(nic, &rx)) {
        unic_batch_end(nic, &nic->rx, &rx);
    }
    return tx.done == BATCH || rx.done == BATCH || rx.taken == BATCH;
}

/* ---- life -------------------------------------------------------------------------------------- */

static void unic_destroy(struct device *device)
{
    struct unic *nic = (struct unic *)device;
    if (nic->wire != NULL) {
        wire_attach(nic->wire, NULL);
    }
    host_free(nic);
}

static const struct device_operations unic_operations = {
    .name = "unic",
    .vendor_id = 0x1D15,
    .device_id = 0x0001,
    .read = unic_read,
    .write = unic_write,
    .step = unic_step,
    .remove = unic_update,
    .signalling_changed = unic_update,
    .destroy = unic_destroy,
    .units = unic_units,
    .unit_count = UNIC_UNITS,
    .effects = unic_effects,
};

struct device *unic_create(const struct unic_options *options)
{
    static const uint8_t none[6];
    static const uint8_t usual[6] = {0x02, 0x00, 0x00, 0x00, 0x00, 0x01};
    struct unic *nic = host_allocate(sizeof(*nic));
    if (nic == NULL) {
        return NULL;
    }
    nic->device.operations = &unic_operations;
    nic->device.window_size = UNIC_WINDOW_SIZE;
    nic->device.messages.wanted = UNIC_ENTRIES;
    nic->device.messages.signalling = options->signalling;
    nic->wire = options->wire;
    nic->tx_partial = UINT32_MAX;
    nic->link = nic->wire != NULL && wire_is_up(nic->wire);
    memcpy(nic->permanent, memcmp(options->address, none, 6) == 0 ? usual : options->address, 6);
    memcpy(nic->address, nic->permanent, 6);
    if (nic->wire != NULL) {
        wire_attach(nic->wire, &nic->device);
    }
    return &nic->device;
}
