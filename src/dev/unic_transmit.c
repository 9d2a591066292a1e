/*
 * unic_transmit.c - the unic model's transmit engine.
 *
 * A frame is one or more descriptors, the last marked so; it is sent when all of them are before the tail.
 * The outcome is written into the last descriptor.
 */
#include "dev/unic_model.h"

#include "mm/dma.h"

#include <stddef.h>
#include <string.h>

/* A frame being gathered from its descriptors. */
struct gathering {
    uint32_t next; /* index after the last descriptor read */
    uint32_t fragments;
    size_t length;
    enum unic_error error; /* the first */
    uint32_t error_index;
    struct unic_descriptor last;
};

static void gather_fail(struct gathering *gathering, enum unic_error error, uint32_t index)
{
    if (gathering->error == ERROR_NONE) {
        gathering->error = error;
        gathering->error_index = index;
    }
}

static void gather_fragment(struct unic *nic, struct gathering *gathering, uint32_t index)
{
    const struct unic_descriptor *descriptor = &gathering->last;
    gathering->fragments++;
    if (descriptor->length == 0) {
        gather_fail(gathering, ERROR_LENGTH, index);
    } else if (descriptor->length > sizeof(nic->frame) - gathering->length ||
               gathering->fragments > FRAGMENTS_MAXIMUM) {
        gather_fail(gathering, ERROR_TOO_LONG, index);
    } else if (!dma_read(descriptor->address, nic->frame + gathering->length, descriptor->length)) {
        gather_fail(gathering, ERROR_ADDRESS, index);
    } else {
        gathering->length += descriptor->length;
    }
}

enum gathered { GATHERED, GATHERED_PART, GATHERED_NO_RING };

/* Gathers the frame that starts at the ring's head. */
static enum gathered gather(struct unic *nic, const struct unic_ring *ring, struct gathering *gathering)
{
    *gathering = (struct gathering){.next = ring->head};
    do {
        uint32_t index = gathering->next;
        if (index == ring->tail) {
            return GATHERED_PART;
        }
        if (!dma_read(ring->base + index * sizeof(struct unic_descriptor), &gathering->last,
                      sizeof(gathering->last))) {
            gather_fail(gathering, ERROR_RING, index);
            return GATHERED_NO_RING;
        }
        gather_fragment(nic, gathering, index);
        gathering->next = index + 1 == ring->size ? 0 : index + 1;
    } while ((gathering->last.command & COMMAND_LAST) == 0);
    if (gathering->length < ETHERNET_HEADER_SIZE) {
        gather_fail(gathering, ERROR_TOO_SHORT, ring->head);
    }
    return GATHERED;
}

static void put_on_wire(struct unic *nic, size_t length, struct unic_batch *batch)
{
    if (length < ETHERNET_MINIMUM_FRAME) {
        memset(nic->frame + length, 0, ETHERNET_MINIMUM_FRAME - length);
        length = ETHERNET_MINIMUM_FRAME;
    }
    enum unic_cast cast = unic_cast_of(nic->frame);
    batch->counters[COUNT_TX_FRAMES + cast]++;
    batch->counters[COUNT_TX_OCTETS + cast] += length;
    if (nic->wire != NULL && wire_is_up(nic->wire)) {
        wire_transmit(nic->wire, nic->frame, length);
    }
}

/* Writes the outcome into the frame's last descriptor.  False when the ring has gone meanwhile. */
static bool write_back(const struct unic_ring *ring, const struct gathering *gathering)
{
    uint32_t last = gathering->next == 0 ? ring->size - 1 : gathering->next - 1;
    uint64_t pa = ring->base + last * sizeof(struct unic_descriptor);
    uint8_t error = (uint8_t)gathering->error;
    uint32_t status = DESCRIPTOR_DONE | (error != 0 ? DESCRIPTOR_ERROR : 0);
    return dma_write(pa + offsetof(struct unic_descriptor, error), &error, sizeof(error)) &&
           dma_publish(pa + offsetof(struct unic_descriptor, status), status);
}

/* Sends the frame at the ring's head.  False when the batch ends here. */
static bool transmit_one(struct unic *nic, struct unic_ring *ring, struct unic_batch *batch)
{
    struct gathering gathering;
    enum gathered gathered = gather(nic, ring, &gathering);
    if (gathered == GATHERED_PART) {
        return false;
    }
    if (gathered == GATHERED) {
        if (gathering.error == ERROR_NONE) {
            put_on_wire(nic, gathering.length, batch);
        } else {
            batch->counters[COUNT_TX_ERRORS]++;
            batch->cause |= CAUSE_ERROR;
        }
        if ((gathering.last.command & COMMAND_REPORT) != 0 || gathering.error != ERROR_NONE) {
            batch->cause |= CAUSE_TX_DONE;
        }
        if (!write_back(ring, &gathering)) {
            gathering.error = ERROR_RING;
            gathering.error_index = ring->head;
        }
        ring->head = batch->head = gathering.next;
        batch->done++;
    }
    if (gathering.error != ERROR_NONE) {
        batch->error = unic_error_word(gathering.error, false, gathering.error_index);
        batch->fatal = gathering.error == ERROR_RING;
    }
    return !batch->fatal;
}

bool unic_transmit(struct unic *nic, struct unic_batch *batch)
{
    struct unic_ring ring;
    if (!unic_batch_begin(nic, &nic->tx, CONTROL_TX_ENABLE, &ring)) {
        return false;
    }
    batch->head = ring.head;
    while (batch->done < batch->limit && ring.head != ring.tail &&
           (nic->wire == NULL || wire_takes(nic->wire)) && transmit_one(nic, &ring, batch)) {
    }
    return true;
}
