/*
 * unic_receive.c - the unic model's receive engine and its address filter.
 */
#include "dev/unic_model.h"

#include "mm/dma.h"

#include <stddef.h>
#include <string.h>

/* ---- the filter -------------------------------------------------------------------------------- */

/* The filter's registers as they were when the batch began. */
struct filter {
    uint32_t accept, count;
    uint8_t address[6];
    uint32_t multicast[MULTICAST_MAXIMUM][2];
};

static void filter_copy(struct unic *nic, struct filter *filter)
{
    KIRQL old = ke_guard_enter(&nic->guard);
    filter->accept = nic->filter;
    filter->count = nic->multicast_count;
    memcpy(filter->address, nic->address, sizeof(filter->address));
    memcpy(filter->multicast, nic->multicast, sizeof(filter->multicast));
    ke_guard_leave(&nic->guard, old);
}

static bool in_multicast_table(const struct filter *filter, const uint8_t *frame)
{
    uint32_t low =
        (uint32_t)frame[0] | (uint32_t)frame[1] << 8 | (uint32_t)frame[2] << 16 | (uint32_t)frame[3] << 24;
    uint32_t high = (uint32_t)frame[4] | (uint32_t)frame[5] << 8;
    for (uint32_t entry = 0; entry < filter->count; entry++) {
        if (filter->multicast[entry][0] == low && (filter->multicast[entry][1] & 0xFFFF) == high) {
            return true;
        }
    }
    return false;
}

static bool filter_accepts(const struct filter *filter, const uint8_t *frame)
{
    if ((filter->accept & FILTER_PROMISCUOUS) != 0) {
        return true;
    }
    switch (unic_cast_of(frame)) {
    case CAST_BROADCAST:
        return (filter->accept & FILTER_BROADCAST) != 0;
    case CAST_MULTICAST:
        return (filter->accept & FILTER_ALL_MULTICAST) != 0 ||
               ((filter->accept & FILTER_MULTICAST) != 0 && in_multicast_table(filter, frame));
    default:
        return (filter->accept & FILTER_UNICAST) != 0 && memcmp(frame, filter->address, 6) == 0;
    }
}

/* ---- the engine -------------------------------------------------------------------------------- */

/* Writes the outcome into a descriptor, its status last.  False when the ring cannot be reached. */
static bool write_back(uint64_t pa, uint16_t length, enum unic_error error, uint32_t status)
{
    uint8_t code = (uint8_t)error;
    return dma_write(pa + offsetof(struct unic_descriptor, length), &length, sizeof(length)) &&
           dma_write(pa + offsetof(struct unic_descriptor, error), &code, sizeof(code)) &&
           dma_publish(pa + offsetof(struct unic_descriptor, status), status);
}

/* Puts the held frame into the descriptor at pa. */
static enum unic_error fill(struct unic *nic, uint64_t pa)
{
    struct unic_descriptor descriptor;
    if (!dma_read(pa, &descriptor, sizeof(descriptor))) {
        return ERROR_RING;
    }
    enum unic_error error = ERROR_NONE;
    if (descriptor.length < nic->held_length) {
        error = ERROR_LENGTH;
    } else if (!dma_write(descriptor.address, nic->held, nic->held_length)) {
        error = ERROR_ADDRESS;
    }
    uint32_t status = DESCRIPTOR_DONE;
    uint16_t length = 0;
    if (error != ERROR_NONE) {
        status |= DESCRIPTOR_ERROR;
    } else {
        enum unic_cast cast = unic_cast_of(nic->held);
        status |= cast == CAST_BROADCAST   ? DESCRIPTOR_BROADCAST
                  : cast == CAST_MULTICAST ? DESCRIPTOR_MULTICAST
                                           : 0;
        length = (uint16_t)nic->held_length;
    }
    return write_back(pa, length, error, status) ? error : ERROR_RING;
}

/* Uses up the descriptor at the ring's head, for the held frame if it can take it. */
static void receive_one(struct unic *nic, struct unic_ring *ring, struct unic_batch *batch)
{
    enum unic_error error = fill(nic, ring->base + ring->head * sizeof(struct unic_descriptor));
    if (error != ERROR_NONE) {
        batch->error = unic_error_word(error, true, ring->head);
    }
    if (error == ERROR_RING) {
        batch->fatal = true;
        return;
    }
    if (error != ERROR_NONE) { /* the frame stays held for the next descriptor */
        batch->counters[COUNT_RX_ERRORS]++;
        batch->cause |= CAUSE_ERROR;
    } else {
        enum unic_cast cast = unic_cast_of(nic->held);
        batch->counters[COUNT_RX_FRAMES + cast]++;
        batch->counters[COUNT_RX_OCTETS + cast] += nic->held_length;
        nic->held_length = 0;
    }
    batch->cause |= CAUSE_RX_DONE;
    ring->head = batch->head = ring->head + 1 == ring->size ? 0 : ring->head + 1;
    batch->done++;
}

/* Makes sure that a frame is held that passed the filter.  False when the wire offers none. */
static bool hold_frame(struct unic *nic, const struct filter *filter, struct unic_batch *batch)
{
    while (nic->held_length == 0) {
        size_t length =
            batch->taken < batch->limit && nic->wire != NULL ? wire_next(nic->wire, nic->held) : 0;
        if (length == 0) {
            return false;
        }
        batch->taken++;
        if (filter_accepts(filter, nic->held)) {
            nic->held_length = length;
        } else {
            batch->counters[COUNT_RX_FILTERED]++;
        }
    }
    return true;
}

static void drop_held(struct unic *nic, struct unic_batch *batch)
{
    nic->held_length = 0;
    wire_dropped(nic->wire);
    batch->counters[COUNT_RX_MISSED]++;
    batch->cause |= CAUSE_RX_EMPTY;
}

/* A receiver that is switched off loses the frame that it could not store. */
static void forget_held(struct unic *nic)
{
    if (nic->held_length != 0) {
        struct unic_batch batch = {0};
        drop_held(nic, &batch);
        KIRQL old = ke_guard_enter(&nic->guard);
        nic->counters[COUNT_RX_MISSED] += batch.counters[COUNT_RX_MISSED];
        ke_guard_leave(&nic->guard, old);
    }
}

bool unic_receive(struct unic *nic, struct unic_batch *batch)
{
    struct unic_ring ring;
    struct filter filter;
    if (!unic_batch_begin(nic, &nic->rx, CONTROL_RX_ENABLE, &ring)) {
        forget_held(nic);
        return false;
    }
    filter_copy(nic, &filter);
    batch->head = ring.head;
    bool overruns = nic->wire != NULL && wire_overruns(nic->wire);
    while (batch->done < batch->limit && !batch->fatal && (ring.head != ring.tail || overruns) &&
           hold_frame(nic, &filter, batch)) {
        if (ring.head != ring.tail) {
            receive_one(nic, &ring, batch);
        } else {
            drop_held(nic, batch);
        }
    }
    return true;
}
