/*
 * unic.c - the unic network interface: its life, its engine's steps, its interrupt line.
 *
 * One guard covers the registers.  The device's thread copies what it needs under the guard, works on the
 * rings without it, and adds the outcome under it again: a processor never waits for a frame's copy.
 */
#include "dev/unic_model.h"

#include "mm/dma.h"

#include <stdlib.h>
#include <string.h>

/* ---- the interrupt line ------------------------------------------------------------------------ */

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
        uint64_t now = nic->moderation == 0 ? 0 : host_now_ns();
        if ((wanted & ~CAUSE_MODERATED) == 0 && now < nic->quiet_until && nic->moderation != 0) {
            due = nic->quiet_until;
        } else {
            nic->quiet_until = now + (uint64_t)nic->moderation * 1000;
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
    unic_line_update(nic);
}

/* Resets when asked to, and looks at the cable and the clock. */
static void unic_housekeeping(struct unic *nic)
{
    bool link = nic->wire != NULL && wire_is_up(nic->wire);
    KIRQL old = ke_guard_enter(&nic->guard);
    if (nic->reset_pending) {
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
    bool transmitting = unic_transmit(nic);
    bool receiving = unic_receive(nic);
    return transmitting || receiving;
}

/* ---- life -------------------------------------------------------------------------------------- */

static void unic_destroy(struct device *device)
{
    struct unic *nic = (struct unic *)device;
    if (nic->wire != NULL) {
        wire_attach(nic->wire, NULL);
    }
    free(nic);
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
};

struct device *unic_create(const struct unic_options *options)
{
    static const uint8_t none[6];
    static const uint8_t usual[6] = {0x02, 0x00, 0x00, 0x00, 0x00, 0x01};
    struct unic *nic = calloc(1, sizeof(*nic));
    if (nic == NULL) {
        return NULL;
    }
    nic->device.operations = &unic_operations;
    nic->device.window_size = UNIC_WINDOW_SIZE;
    nic->wire = options->wire;
    nic->link = nic->wire != NULL && wire_is_up(nic->wire);
    memcpy(nic->permanent, memcmp(options->address, none, 6) == 0 ? usual : options->address, 6);
    memcpy(nic->address, nic->permanent, 6);
    if (nic->wire != NULL) {
        wire_attach(nic->wire, &nic->device);
    }
    return &nic->device;
}
