/*
 * wire.c - what a network interface's cable is plugged into; the contract is in wire.h.
 */
#include "dev/wire.h"

#include "host/memory.h"
#include "ke/step.h"
#include "host/memory.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>

/* One direction of a pair. */
#define PAIR_FRAMES 256u

struct pair_queue {
    pthread_mutex_t mutex;
    uint32_t head, count;
    struct {
        uint32_t length;
        uint8_t data[ETHERNET_MAXIMUM_FRAME];
    } frames[PAIR_FRAMES];
};

struct wire {
    struct wire_options options;
    struct device *volatile device;
    struct wire *peer;
    struct pair_queue *incoming; /* from the peer */
    struct capture_writer *writer;
    volatile bool open, up;
    uint64_t taken;  /* frames taken from the capture */
    size_t position; /* the next one */
    struct wire_counters counters;
};

static void count(uint64_t *counter, uint64_t amount)
{
    __atomic_fetch_add(counter, amount, __ATOMIC_RELAXED);
}

/* ---- life -------------------------------------------------------------------------------------- */

struct wire *wire_create(const struct wire_options *options, char *error, size_t error_size)
{
    struct wire *wire = host_allocate(sizeof(*wire));
    if (wire == NULL) {
        snprintf(error, error_size, "out of memory");
        return NULL;
    }
    wire->options = *options;
    wire->open = true;
    wire->up = true;
    if (options->pcap_out != NULL) {
        wire->writer = capture_create(options->pcap_out, error, error_size);
        if (wire->writer == NULL) {
            host_free(wire);
            return NULL;
        }
    }
    return wire;
}

static void queue_free(struct pair_queue *queue)
{
    if (queue != NULL) {
        pthread_mutex_destroy(&queue->mutex);
        host_free(queue);
    }
}

bool wire_destroy(struct wire *wire, char *error, size_t error_size)
{
    if (wire->peer != NULL) {
        wire->peer->peer = NULL;
    }
    bool written = wire->writer == NULL || capture_close(wire->writer, error, error_size);
    queue_free(wire->incoming);
    host_free(wire);
    return written;
}

static struct pair_queue *queue_make(void)
{
    struct pair_queue *queue = host_allocate(sizeof(*queue));
    if (queue != NULL) {
        pthread_mutex_init(&queue->mutex, NULL);
    }
    return queue;
}

bool wire_pair(struct wire *a, struct wire *b)
{
    a->incoming = queue_make();
    b->incoming = queue_make();
    if (a->incoming == NULL || b->incoming == NULL) {
        queue_free(a->incoming);
        queue_free(b->incoming);
        a->incoming = b->incoming = NULL;
        return false;
    }
    a->peer = b;
    b->peer = a;
    return true;
}

/* ---- the scenario's side ----------------------------------------------------------------------- */

/* The device is about to see something change. */
static void about_to_kick(struct wire *wire)
{
    struct device *device = __atomic_load_n(&wire->device, __ATOMIC_ACQUIRE);
    if (device != NULL) {
        ke_about_to_change(device);
    }
}

void wire_kick(struct wire *wire)
{
    struct device *device = __atomic_load_n(&wire->device, __ATOMIC_ACQUIRE);
    if (device != NULL) {
        device_kick(device);
    }
}

void wire_flow(struct wire *wire, bool open)
{
    about_to_kick(wire);
    __atomic_store_n(&wire->open, open, __ATOMIC_RELEASE);
    wire_kick(wire);
}

void wire_link(struct wire *wire, bool up)
{
    about_to_kick(wire);
    __atomic_store_n(&wire->up, up, __ATOMIC_RELEASE);
    wire_kick(wire);
}

void wire_count(const struct wire *wire, struct wire_counters *counters)
{
    const struct wire_counters *now = &wire->counters;
    counters->offered = __atomic_load_n(&now->offered, __ATOMIC_RELAXED);
    counters->offered_bytes = __atomic_load_n(&now->offered_bytes, __ATOMIC_RELAXED);
    counters->dropped = __atomic_load_n(&now->dropped, __ATOMIC_RELAXED);
    counters->sent = __atomic_load_n(&now->sent, __ATOMIC_RELAXED);
    counters->sent_bytes = __atomic_load_n(&now->sent_bytes, __ATOMIC_RELAXED);
}

/* ---- the interface's side ---------------------------------------------------------------------- */

void wire_attach(struct wire *wire, struct device *device)
{
    __atomic_store_n(&wire->device, device, __ATOMIC_RELEASE);
}

bool wire_is_up(const struct wire *wire)
{
    return __atomic_load_n(&wire->up, __ATOMIC_ACQUIRE);
}

bool wire_overruns(const struct wire *wire)
{
    return wire->options.overrun;
}

static size_t next_of_capture(struct wire *wire, uint8_t *frame)
{
    const struct capture *capture = wire->options.capture;
    uint64_t limit = wire->options.limit == 0 ? capture->count : wire->options.limit;
    if (wire->taken == limit) {
        return 0;
    }
    const struct capture_frame *next = &capture->frames[wire->position];
    wire->position = (wire->position + 1) % capture->count;
    wire->taken++;
    memcpy(frame, next->data, next->length);
    return next->length;
}

static size_t next_of_pair(struct wire *wire, uint8_t *frame)
{
    struct pair_queue *queue = wire->incoming;
    size_t length = 0;
    pthread_mutex_lock(&queue->mutex);
    bool was_full = queue->count == PAIR_FRAMES;
    if (queue->count != 0) {
        length = queue->frames[queue->head].length;
        memcpy(frame, queue->frames[queue->head].data, length);
        queue->head = (queue->head + 1) % PAIR_FRAMES;
        queue->count--;
    }
    pthread_mutex_unlock(&queue->mutex);
    if (was_full && wire->peer != NULL) {
        wire_kick(wire->peer);
    }
    return length;
}

size_t wire_next(struct wire *wire, uint8_t *frame)
{
    size_t length = 0;
    if (!wire->up || !__atomic_load_n(&wire->open, __ATOMIC_ACQUIRE)) {
        return 0;
    }
    if (wire->options.next != NULL) {
        length = wire->options.next(wire->options.context, frame);
    } else if (wire->options.capture != NULL) {
        length = next_of_capture(wire, frame);
    } else if (wire->incoming != NULL) {
        length = next_of_pair(wire, frame);
    }
    if (length != 0) {
        count(&wire->counters.offered, 1);
        count(&wire->counters.offered_bytes, length);
        if (wire->writer != NULL) {
            capture_write(wire->writer, frame, length);
        }
    }
    return length;
}

bool wire_offers(const struct wire *wire)
{
    if (!wire->up || !__atomic_load_n(&wire->open, __ATOMIC_ACQUIRE)) {
        return false;
    }
    if (wire->options.next != NULL) {
        return wire->options.offers != NULL && wire->options.offers(wire->options.context);
    }
    if (wire->options.capture != NULL) {
        uint64_t limit = wire->options.limit == 0 ? wire->options.capture->count : wire->options.limit;
        return wire->taken != limit;
    }
    return wire->incoming != NULL && __atomic_load_n(&wire->incoming->count, __ATOMIC_ACQUIRE) != 0;
}

void wire_dropped(struct wire *wire)
{
    count(&wire->counters.dropped, 1);
}

bool wire_takes(const struct wire *wire)
{
    const struct wire *peer = wire->peer;
    if (peer == NULL || peer->device == NULL) {
        return true;
    }
    return __atomic_load_n(&peer->incoming->count, __ATOMIC_ACQUIRE) < PAIR_FRAMES;
}

static void give_to_peer(struct wire *peer, const uint8_t *frame, size_t length)
{
    struct pair_queue *queue = peer->incoming;
    pthread_mutex_lock(&queue->mutex);
    if (queue->count < PAIR_FRAMES) { /* full only when nobody is attached there to empty it */
        uint32_t slot = (queue->head + queue->count) % PAIR_FRAMES;
        queue->frames[slot].length = (uint32_t)length;
        memcpy(queue->frames[slot].data, frame, length);
        __atomic_store_n(&queue->count, queue->count + 1, __ATOMIC_RELEASE);
    }
    pthread_mutex_unlock(&queue->mutex);
    wire_kick(peer);
}

void wire_transmit(struct wire *wire, const uint8_t *frame, size_t length)
{
    count(&wire->counters.sent, 1);
    count(&wire->counters.sent_bytes, length);
    if (wire->writer != NULL) {
        capture_write(wire->writer, frame, length);
    }
    if (wire->options.sent != NULL) {
        wire->options.sent(wire->options.context, frame, length);
    }
    if (wire->peer != NULL && wire_is_up(wire)) {
        give_to_peer(wire->peer, frame, length);
    }
}
