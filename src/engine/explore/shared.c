/*
 * shared.c - which memory more than one actor touches.
 *
 * An access that only ever one actor makes is no step: nobody could notice when it happens.  Which those are
 * is learnt: the first actor to touch a granule of 8 bytes owns it, the second makes it shared for good, and
 * machine_grew tells, because steps were left out until then.  What was touched before the first choice does
 * not count: it comes before everything.
 */
#include "engine/explore/machine_internal.h"

#include <stdlib.h>
#include <string.h>

#define GRANULE 8u
#define SHARED 0xFFu
#define FIRST_CAPACITY 4096u

struct granule {
    uintptr_t number; /* address / GRANULE; 0: free */
    uint8_t owner;    /* an actor, or SHARED */
};

static struct {
    struct granule *slots;
    size_t capacity, used;
} granules HOST_KEPT;

static struct granule *slot_of(struct granule *slots, size_t capacity, uintptr_t number)
{
    size_t at = (number * 0x9E3779B97F4A7C15u) >> 20 & (capacity - 1);
    while (slots[at].number != 0 && slots[at].number != number) {
        at = (at + 1) & (capacity - 1);
    }
    return &slots[at];
}

static bool grow(void)
{
    size_t capacity = granules.capacity == 0 ? FIRST_CAPACITY : 2 * granules.capacity;
    struct granule *slots = calloc(capacity, sizeof(*slots));
    if (slots == NULL) {
        return false;
    }
    for (size_t i = 0; i < granules.capacity; i++) {
        if (granules.slots[i].number != 0) {
            *slot_of(slots, capacity, granules.slots[i].number) = granules.slots[i];
        }
    }
    free(granules.slots);
    granules.slots = slots;
    granules.capacity = capacity;
    return true;
}

static struct granule *granule_of(uintptr_t number)
{
    if (2 * granules.used >= granules.capacity && !grow()) {
        return NULL;
    }
    struct granule *granule = slot_of(granules.slots, granules.capacity, number);
    return granule;
}

static bool touch(unsigned actor, uintptr_t number)
{
    struct granule *granule = granule_of(number);
    if (granule == NULL) {
        return true;
    }
    if (granule->number == 0) {
        *granule = (struct granule){number, (uint8_t)actor};
        granules.used++;
        return false;
    }
    if (granule->owner != SHARED && granule->owner != actor) {
        granule->owner = SHARED;
        machine_kept.grew = true;
    }
    return granule->owner == SHARED;
}

bool shared_is_step(unsigned actor, uintptr_t address, size_t size)
{
    bool shared = false;
    for (uintptr_t number = address / GRANULE; number <= (address + size - 1) / GRANULE; number++) {
        shared = touch(actor, number) || shared;
    }
    return shared;
}

bool machine_grew(void)
{
    return machine_kept.grew;
}
