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

void unic_line_update(struct unic *nic)
{
    uint32_t wanted = nic->device.removed ? 0 : nic->cause & nic->mask;
    uint64_t due = 0;
    if (wanted == 0) {
        if (nic->asserted) {
            nic->asserted = false;
            ke_line_deassert_source(nic->device.line, nic->device.line_source);
        }
    } else if (!nic->asserted) {
        uint64_t now = nic->moderation == 0 ? 0 : device_now();
        if ((wanted & ~CAUSE_MODERATED) == 0 && now < nic->quiet_until && nic->moderation != 0) {
            due = nic->quiet_until;
        } else {
            nic->quiet_until = quiet_until(nic, now);
            nic->asserted = true;
            ke_line_assert_source(nic->device.line, nic->device.line_source);
        }
    }
    if (due != nic->device.due) {
        nic->device.due = due;
        if (due != 0) {
            device_kick(&nic->device);
        }
    }
}

static void unic_removed(struct device *device)
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
    nic->quiet_until = 0;
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
    .remove = unic_removed,
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
