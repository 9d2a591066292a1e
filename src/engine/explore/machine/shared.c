/*
 * shared.c - which memory and which objects more than one actor uses.
 *
 * A use that only ever one actor makes is no step: nobody could notice when it happens.  Nor is a read of
 * what nobody writes.  Which those are is learnt: the first actor to touch a granule of 8 bytes owns it; when
 * a second one does, and either of them writes, it is shared for good, and machine_grew tells, because steps
 * were left out until then.  What was touched before the first choice does not count: it comes before
 * everything.
 */
#include "engine/explore/machine/internal.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define GRANULE 8u
#define SHARED 0xFFu
#define ONLY_READ 0xFEu /* by several actors */
#define FIRST_CAPACITY 4096u

struct granule {
    uintptr_t number; /* address / GRANULE; 0: free */
    uint8_t owner;    /* an actor, ONLY_READ or SHARED */
    bool written;
};

static struct {
    struct granule *slots;
    size_t capacity, used;
    uint64_t changes; /* how often something was learnt */
} granules HOST_KEPT;

/* What touching a large range came to: the same again until something is learnt. */
static struct known_range {
    uintptr_t address;
    size_t size;
    uint64_t changes;
    uint8_t actor;
    bool writes, shared;
} ranges[4096] HOST_KEPT;
#define LARGE_RANGE 32u /* bytes */

/* Granules that are shared, as they will stay: what most accesses ask for, found without a search. */
#define FAMILIAR 64u
static uintptr_t familiar[FAMILIAR] HOST_KEPT;

static bool is_familiar(uintptr_t address, size_t size)
{
    uintptr_t number = address / GRANULE;
    return number != 0 && familiar[number % FAMILIAR] == number && address % GRANULE + size <= GRANULE;
}

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

static bool touch(unsigned actor, uintptr_t number, bool writes)
{
    struct granule *granule = granule_of(number);
    if (granule == NULL) {
        return true;
    }
    if (granule->number == 0) {
        *granule = (struct granule){number, (uint8_t)actor, writes};
        granules.used++;
        granules.changes++;
        return false;
    }
    if (granule->owner == SHARED) {
        familiar[number % FAMILIAR] = number;
        return true;
    }
    if (granule->written < writes) {
        granule->written = true;
        granules.changes++;
    }
    if (granule->owner == actor || (granule->owner == ONLY_READ && !granule->written)) {
        return false;
    }
    granules.changes++;
    granule->owner = granule->written ? SHARED : ONLY_READ;
    machine_kept.grew = machine_kept.grew || granule->owner == SHARED;
    return granule->owner == SHARED;
}

static bool touch_each(unsigned actor, uintptr_t address, size_t size, bool writes)
{
    bool shared = false;
    for (uintptr_t number = address / GRANULE; number <= (address + size - 1) / GRANULE; number++) {
        shared = touch(actor, number, writes) || shared;
    }
    return shared;
}

static bool touch_range(unsigned actor, uintptr_t address, size_t size, bool writes)
{
    if (is_familiar(address, size)) {
        return true;
    }
    if (size < LARGE_RANGE) {
        return touch_each(actor, address, size, writes);
    }
    struct known_range *known = &ranges[(address * 0x9E3779B97F4A7C15u) >> 52];
    if (known->address != address || known->size != size || known->actor != actor ||
        known->writes != writes || known->changes != granules.changes) {
        bool shared = touch_each(actor, address, size, writes);
        *known = (struct known_range){address, size, granules.changes, (uint8_t)actor, writes, shared};
    }
    return known->shared;
}

static bool touch_objects(unsigned actor, const struct op *op)
{
    bool writes = (op->flags & OP_READS_ONLY) == 0, shared = (op->flags & OP_ALWAYS) != 0;
    for (unsigned i = 0; i < OP_OBJECTS; i++) {
        if (op->object[i] != 0) {
            shared = touch(actor, op->object[i] / GRANULE, writes) || shared;
        }
    }
    return shared;
}

bool shared_is_step(unsigned actor, const struct op *op)
{
    switch ((enum op_kind)op->kind) {
    case OP_READ:
    case OP_WRITE:
    case OP_FREE:
        return touch_range(actor, op->addr, op->size, op->kind != OP_READ);
    case OP_UPDATE:
        return (op->flags & OP_TRIES) != 0 || touch_range(actor, op->addr, op->size, true);
    case OP_OBJECT:
        return touch_objects(actor, op);
    case OP_AWAIT:
        touch_range(actor, op->addr, op->size, false);
        return true;
    case OP_ENTER:
    case OP_DEVICE:
        touch_objects(actor, op);
        return true;
    default:
        return true;
    }
}

/* ---- for other processes --------------------------------------------------------------------------- */

/* The loaded image that the address lies in: an index of machine_options.images, -1 for none. */
static int image_at(uintptr_t address, uintptr_t *base)
{
    Dl_info here, image;
    if (dladdr((const void *)address, &here) == 0) {
        return -1;
    }
    for (unsigned i = 0; i < machine_kept.options.image_count; i++) {
        if (dladdr(machine_kept.options.images[i], &image) != 0 && image.dli_fbase == here.dli_fbase) {
            *base = (uintptr_t)here.dli_fbase;
            return (int)i;
        }
    }
    return -1;
}

/* Kernel objects of our own lie here. */
static uintptr_t own_base(void)
{
    Dl_info info;
    return dladdr(&machine, &info) != 0 ? (uintptr_t)info.dli_fbase : 0;
}

static bool is_own(uintptr_t address)
{
    Dl_info info;
    return dladdr((const void *)address, &info) != 0 && (uintptr_t)info.dli_fbase == own_base();
}

static void write_granule(FILE *out, uintptr_t address)
{
    uintptr_t base;
    int image = host_arena_holds((const void *)address) ? -1 : image_at(address, &base);
    if (image < 0 && is_own(address)) {
        fprintf(out, "memory undis %lx\n", (unsigned long)(address - own_base()));
    } else if (image >= 0) {
        fprintf(out, "memory %d %lx\n", image, (unsigned long)(address - base));
    } else if (host_arena_holds((const void *)address)) {
        fprintf(out, "memory arena %lx\n", (unsigned long)address);
    }
}

static int compare_granules(const void *a, const void *b)
{
    uintptr_t x = ((const struct granule *)a)->number, y = ((const struct granule *)b)->number;
    return x < y ? -1 : x > y;
}

void machine_shared_write(FILE *out)
{
    actors_write(out);
    struct granule *sorted = calloc(granules.used + 1, sizeof(*sorted));
    size_t count = 0;
    for (size_t i = 0; sorted != NULL && i < granules.capacity; i++) {
        if (granules.slots[i].number != 0 && granules.slots[i].owner == SHARED) {
            sorted[count++] = granules.slots[i];
        }
    }
    if (count > 1) {
        qsort(sorted, count, sizeof(*sorted), compare_granules);
    }
    for (size_t i = 0; i < count; i++) {
        write_granule(out, sorted[i].number * GRANULE);
    }
    free(sorted);
}

static bool learn(uintptr_t address)
{
    struct granule *granule = granule_of(address / GRANULE);
    if (granule == NULL) {
        return false;
    }
    granules.used += granule->number == 0;
    granules.changes++;
    *granule = (struct granule){address / GRANULE, SHARED, true};
    return true;
}

void shared_learn(uintptr_t address)
{
    if (learn(address)) {
        machine_kept.grew = true;
    }
}

static bool read_granule(const char *line)
{
    unsigned long offset;
    unsigned image;
    char end;
    Dl_info info;
    if (sscanf(line, "memory arena %lx%c", &offset, &end) == 2 && end == '\n') {
        return host_arena_holds((const void *)offset) && learn(offset);
    }
    if (sscanf(line, "memory undis %lx%c", &offset, &end) == 2 && end == '\n') {
        return offset <= UINT32_MAX && learn(own_base() + offset);
    }
    if (sscanf(line, "memory %u %lx%c", &image, &offset, &end) != 3 || end != '\n' ||
        image >= machine_kept.options.image_count || offset > UINT32_MAX ||
        dladdr(machine_kept.options.images[image], &info) == 0) {
        return false;
    }
    return learn((uintptr_t)info.dli_fbase + offset);
}

bool machine_shared_read(FILE *in)
{
    char line[128];
    unsigned actors = 0;
    while (fgets(line, sizeof(line), in) != NULL) {
        if (!actor_read(line, &actors) && !read_granule(line)) {
            return false;
        }
    }
    return true;
}

bool machine_grew(void)
{
    return machine_kept.grew;
}
