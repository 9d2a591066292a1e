/*
 * stack_frames.c - frames by their contents: which one is this, how often was it met.
 */
#include "scenario/stack.h"

#include <string.h>

static uint64_t hash(const uint8_t *data, size_t length)
{
    uint64_t value = length * 0x9E3779B97F4A7C15ull;
    while (length >= 8) {
        uint64_t word;
        memcpy(&word, data, 8);
        value = (value ^ word) * 0xFF51AFD7ED558CCDull;
        value ^= value >> 32;
        data += 8;
        length -= 8;
    }
    for (; length > 0; length--) {
        value = (value ^ *data++) * 0x100000001B3ull;
    }
    return value ^ value >> 29;
}

static size_t slot_of(const struct frame_set *set, const uint8_t *data, size_t length)
{
    size_t slot = hash(data, length) & (set->slots - 1);
    while (set->index[slot] != 0) {
        const struct capture_frame *frame = &set->capture->frames[set->index[slot] - 1];
        if (frame->length == length && memcmp(frame->data, data, length) == 0) {
            break;
        }
        slot = (slot + 1) & (set->slots - 1);
    }
    return slot;
}

bool frame_set_create(struct frame_set *set, const struct capture *capture)
{
    set->capture = capture;
    set->slots = 64;
    while (set->slots < capture->count * 2) {
        set->slots *= 2;
    }
    set->index = ke_allocate(set->slots * sizeof *set->index);
    set->same = ke_allocate(capture->count * sizeof *set->same);
    if (set->index == NULL || set->same == NULL) {
        return false;
    }
    for (size_t i = 0; i < capture->count; i++) {
        size_t slot = slot_of(set, capture->frames[i].data, capture->frames[i].length);
        if (set->index[slot] == 0) {
            set->index[slot] = (ULONG)i + 1;
        }
        set->same[i] = set->index[slot] - 1;
    }
    return true;
}

void frame_set_destroy(struct frame_set *set)
{
    ke_free(set->index);
    ke_free(set->same);
    set->index = NULL;
    set->same = NULL;
}

long frame_set_find(const struct frame_set *set, const uint8_t *data, size_t length)
{
    return (long)set->index[slot_of(set, data, length)] - 1;
}

void stack_totals(const struct stack *stack, struct traffic_totals *totals)
{
    memset(totals, 0, sizeof *totals);
    for (size_t i = 0; i < stack->frames.capture->count; i++) {
        const struct frame_counts *c = &stack->counts[i];
        totals->submitted += (uint64_t)c->submitted;
        totals->succeeded += (uint64_t)c->succeeded;
        totals->on_wire += (uint64_t)c->on_wire;
        totals->offered += (uint64_t)c->offered;
        totals->received += (uint64_t)c->received;
    }
}

static const char *verify_sent(const struct frame_counts *c, enum traffic_kind kind)
{
    if (c->on_wire < c->succeeded && kind != TRAFFIC_REMOVED) {
        return "a frame was completed with success and never put on the wire";
    }
    if (c->on_wire > c->submitted) {
        return "a frame was put on the wire more often than it was sent";
    }
    if (kind == TRAFFIC_LOSSLESS && c->succeeded != c->submitted) {
        return "a send was not completed with success though nothing disturbed the adapter";
    }
    if (kind == TRAFFIC_LOSSLESS && c->on_wire != c->submitted) {
        return "a frame was sent and is not on the wire exactly once";
    }
    if (kind == TRAFFIC_CANCELLED && c->on_wire != c->succeeded) {
        return "a frame that came back as cancelled was put on the wire";
    }
    return NULL;
}

static const char *verify_received(const struct frame_counts *c, enum traffic_kind kind)
{
    if (c->received > c->offered) {
        return "a frame was received more often than it was on the wire";
    }
    if ((kind == TRAFFIC_LOSSLESS || kind == TRAFFIC_CANCELLED) && c->received != c->offered) {
        return "a frame was on the wire and was not received exactly once";
    }
    return NULL;
}

const char *stack_verify(const struct stack *stack, enum traffic_kind kind)
{
    const char *fault = stack->fault;
    for (size_t i = 0; i < stack->frames.capture->count && fault == NULL && stack->wire != NULL; i++) {
        fault = verify_sent(&stack->counts[i], kind);
        fault = fault != NULL ? fault : verify_received(&stack->counts[i], kind);
    }
    return fault;
}

/* ---- the far end of the wire, on a device's host thread ------------------------------------------- */

size_t stack_wire_next(void *context, uint8_t *frame)
{
    struct stack *stack = context;
    LONG64 number = stack->offer_next;
    if (number >= stack->offer_target) {
        return 0;
    }
    size_t i = (size_t)number % stack->frames.capture->count;
    const struct capture_frame *next = &stack->frames.capture->frames[i];
    memcpy(frame, next->data, next->length);
    InterlockedIncrement(&stack->counts[stack->frames.same[i]].offered);
    stack->offer_next = number + 1;
    return next->length;
}

void stack_wire_sent(void *context, const uint8_t *frame, size_t length)
{
    struct stack *stack = context;
    long found = frame_set_find(&stack->frames, frame, length);
    if (found < 0) {
        stack_fault(stack, "a frame on the wire has contents that were never sent");
    } else {
        InterlockedIncrement(&stack->counts[found].on_wire);
    }
}
