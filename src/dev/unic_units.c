/*
 * unic_units.c - the unic interface under the explored engine: a control unit, a transmitter, a receiver.
 *
 * A frame takes two steps of its unit: the first works on descriptors, the second tells of it (report word,
 * registers, interrupt line), so each touches one range of memory.  The frames' contents are left out of
 * that: a driver that touches a frame's memory while the interface has it is seen by where the frame went.
 */
#include "dev/unic_model.h"
#include "ke/step.h"
#include "mm/dma.h"

#include <string.h>

#define DESCRIPTOR_SIZE (uint32_t)sizeof(struct unic_descriptor)

static struct unic *unic_of(struct device *device)
{
    return (struct unic *)device;
}

/* ---- footprints -------------------------------------------------------------------------------- */

static void cover_memory(struct op *op, uint64_t pa, uint32_t length)
{
    const void *address = dma_host_address(pa, length);
    if (address != NULL) {
        op->addr = (uintptr_t)address;
        op->size = length;
    }
}

/* The descriptors that the driver has handed over; all of the ring when they lie around its end. */
static void cover_descriptors(struct op *op, const struct unic_ring *ring, uint32_t most)
{
    if (ring->head > ring->tail) {
        cover_memory(op, ring->base, ring->size * DESCRIPTOR_SIZE);
    } else if (ring->head < ring->tail) {
        uint32_t count = ring->tail - ring->head < most ? ring->tail - ring->head : most;
        cover_memory(op, ring->base + ring->head * DESCRIPTOR_SIZE, count * DESCRIPTOR_SIZE);
    }
    op->object[1] = (uintptr_t)dma_mappings();
}

static void cover_report(struct op *op, const struct unic *nic, const struct unic_ring *ring)
{
    if (ring->report != 0) {
        cover_memory(op, ring->report, sizeof(uint32_t));
    }
    op->object[1] = (uintptr_t)nic->device.line;
}

static bool is_on(const struct unic *nic, uint32_t enable)
{
    return (nic->control & enable) != 0 && !nic->fatal && !nic->reset_pending;
}

/* Ends a batch that left nothing to tell but counters at once: true. */
static bool tells_nothing(const struct unic_batch *batch)
{
    return batch->done == 0 && batch->cause == 0 && !batch->fatal;
}

/* ---- control: resets, the cable, moderated interrupts -------------------------------------------- */

static bool control_ready(struct device *device)
{
    const struct unic *nic = unic_of(device);
    bool link = nic->wire != NULL && wire_is_up(nic->wire);
    return link != nic->link || device->due != 0 || (nic->reset_pending && !nic->tx.busy && !nic->rx.busy);
}

static void control_covers(struct device *device, struct op *op)
{
    op->object[1] = (uintptr_t)device->line;
}

static void control_step(struct device *device)
{
    struct unic *nic = unic_of(device);
    if (device->due != 0) {
        memset(nic->quiet_until, 0, sizeof(nic->quiet_until));
    }
    unic_housekeeping(nic);
}

/* ---- the transmitter ----------------------------------------------------------------------------- */

static bool transmitter_ready(struct device *device)
{
    const struct unic *nic = unic_of(device);
    return nic->tx.busy || (is_on(nic, CONTROL_TX_ENABLE) && nic->tx.head != nic->tx.tail &&
                            nic->tx.tail != nic->tx_partial && (nic->wire == NULL || wire_takes(nic->wire)));
}

static void transmitter_covers(struct device *device, struct op *op)
{
    const struct unic *nic = unic_of(device);
    if (nic->tx.busy) {
        cover_report(op, nic, &nic->tx);
    } else {
        cover_descriptors(op, &nic->tx, UINT32_MAX);
    }
}

static void transmitter_step(struct device *device)
{
    struct unic *nic = unic_of(device);
    if (!nic->tx.busy) {
        nic->tx_batch = (struct unic_batch){.limit = 1};
        if (!unic_transmit(nic, &nic->tx_batch) || !tells_nothing(&nic->tx_batch)) {
            return;
        }
        nic->tx_partial = nic->tx.tail;
    }
    unic_batch_end(nic, &nic->tx, &nic->tx_batch);
}

/* ---- the receiver -------------------------------------------------------------------------------- */

static bool receiver_ready(struct device *device)
{
    const struct unic *nic = unic_of(device);
    if (nic->rx.busy || (!is_on(nic, CONTROL_RX_ENABLE) && nic->held_length != 0)) {
        return true;
    }
    bool room = nic->rx.head != nic->rx.tail || (nic->wire != NULL && wire_overruns(nic->wire));
    bool offered = nic->held_length != 0 || (nic->wire != NULL && wire_offers(nic->wire));
    return is_on(nic, CONTROL_RX_ENABLE) && room && offered;
}

static void receiver_covers(struct device *device, struct op *op)
{
    const struct unic *nic = unic_of(device);
    if (nic->rx.busy) {
        cover_report(op, nic, &nic->rx);
    } else {
        cover_descriptors(op, &nic->rx, 1);
    }
}

static void receiver_step(struct device *device)
{
    struct unic *nic = unic_of(device);
    if (!nic->rx.busy) {
        nic->rx_batch = (struct unic_batch){.limit = 1};
        if (!unic_receive(nic, &nic->rx_batch) || !tells_nothing(&nic->rx_batch)) {
            return;
        }
    }
    unic_batch_end(nic, &nic->rx, &nic->rx_batch);
}

const struct device_unit unic_units[UNIC_UNITS] = {
    {"control", control_ready, control_covers, control_step},
    {"transmitter", transmitter_ready, transmitter_covers, transmitter_step},
    {"receiver", receiver_ready, receiver_covers, receiver_step},
};

/* ---- registers ----------------------------------------------------------------------------------- */

static bool is_tail(uint32_t offset)
{
    return offset == UNIC_TX_RING + RING_TAIL || offset == UNIC_RX_RING + RING_TAIL;
}

/* Causes and masks are the line's, all else is the engines'. */
static bool is_of_line(uint32_t offset)
{
    return offset == UNIC_CAUSE || offset == UNIC_MASK || offset == UNIC_MASK_SET ||
           offset == UNIC_MASK_CLEAR || offset == UNIC_CAUSE_SET || offset == UNIC_MODERATION;
}

static unsigned write_effects(const struct unic *nic, uint32_t offset, uint32_t value)
{
    const struct unic_ring *ring = offset == UNIC_TX_RING + RING_TAIL ? &nic->tx : &nic->rx;
    if (is_of_line(offset)) {
        return DEVICE_MOVES_LINE;
    }
    if (offset == UNIC_CONTROL || (is_tail(offset) && value >= ring->size)) {
        return DEVICE_CHANGES | DEVICE_MOVES_LINE; /* a reset masks, a wrong tail is a cause */
    }
    return DEVICE_CHANGES;
}

static unsigned read_effects(const struct unic *nic, uint32_t offset)
{
    bool counter = offset >= UNIC_COUNTERS && offset < UNIC_COUNTERS + sizeof(nic->counters);
    return is_of_line(offset) ? DEVICE_LOOKS_AT_LINE
           : counter          ? DEVICE_COUNTS /* the low half keeps the high half for the next read */
                              : DEVICE_LOOKS;
}

unsigned unic_effects(const struct device *device, uint32_t offset, unsigned size, bool write, uint64_t value)
{
    const struct unic *nic = (const struct unic *)device;
    unsigned effects = write ? write_effects(nic, offset, (uint32_t)value) : read_effects(nic, offset);
    if (size == 8) {
        effects |=
            write ? write_effects(nic, offset + 4, (uint32_t)(value >> 32)) : read_effects(nic, offset + 4);
    }
    return effects;
}
