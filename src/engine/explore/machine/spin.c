/*
 * spin.c - loops that only read: whoever comes round one in which nothing changed rests until something does.
 *
 * An actor that is about to make a read that it has made before, with the same registers, the same stack and
 * the same values of everything that it read in between, and that did nothing but read meanwhile, would go
 * round for ever.  It is blocked until one of those values changes, so that a loop costs one round instead
 * of a tree without end.  A loop that counts its rounds changes its stack or registers: it is no such loop.
 */
#include "engine/explore/machine/internal.h"

#include <string.h>

#define SPIN_STACK 4096 /* the stack above the reading frame that is compared */

static struct spin_read *spin_read(const struct actor *actor, unsigned number)
{
    unsigned index = actor_index(actor), inside = sizeof(actor->spin.reads) / sizeof(actor->spin.reads[0]);
    return number < inside ? &machine.actors[index].spin.reads[number]
                           : &machine.more_reads[index][number - inside];
}

static uint64_t value_at(uintptr_t address, uint32_t size)
{
    return machine_value(address, size <= sizeof(uint64_t) ? size : (unsigned)sizeof(uint64_t));
}

/*
 * Where the comparison begins: in our own frames, where the driver's callee-saved registers lie.  Under
 * AddressSanitizer those frames also hold redzones with what was there before, so there it begins with the
 * driver's frame, and a loop that counts in a register alone is taken for one that does not count.
 */
__attribute__((no_sanitize("address"))) static uintptr_t compared_from(uintptr_t here, uintptr_t pc)
{
#if defined(__SANITIZE_ADDRESS__)
    uintptr_t frame = here;
    for (unsigned i = 0; i < 16 && frame != 0; i++) {
        const uintptr_t *words = (const uintptr_t *)frame;
        if (words[1] == pc) {
            return frame + 2 * sizeof(*words);
        }
        frame = words[0];
    }
#else
    (void)pc;
#endif
    return here;
}

/* The stack from the caller of the hooks upwards, where compilers keep what they do not keep in registers;
 * the callee-saved registers of the driver lie in our own frames below. */
__attribute__((no_sanitize("address"))) static uint64_t stack_hash(const struct actor *actor, uintptr_t pc)
{
    const struct host_stack *stack = actor->thread != NULL ? &actor->thread->host.stack : &actor->own.stack;
    uintptr_t low = compared_from((uintptr_t)__builtin_frame_address(0), pc),
              high = (uintptr_t)stack->base + stack->size;
    uint64_t hash = 0xCBF29CE484222325u;
    if (high > low + SPIN_STACK) {
        high = low + SPIN_STACK;
    }
    for (uintptr_t at = low & ~(uintptr_t)7; at + 8 <= high; at += 8) {
        hash = (hash ^ *(const volatile uint64_t *)at) * 0x9E3779B97F4A7C15u;
        hash ^= hash >> 29;
    }
    return hash;
}

static bool unchanged(const struct actor *actor)
{
    for (unsigned i = 0; i < actor->spin.count; i++) {
        const struct spin_read *read = spin_read(actor, i);
        if (value_at(read->address, read->size) != read->value) {
            return false;
        }
    }
    return true;
}

static void begin_round(struct actor *actor, const struct op *op, uint64_t hash)
{
    actor->spin.pc = op->pc;
    actor->spin.address = op->addr;
    actor->spin.hash = hash;
    actor->spin.count = 0;
}

/* A compare-and-exchange that would fail changes nothing either. */
static bool only_reads(const struct op *op)
{
    return op->kind == OP_READ ||
           (op->kind == OP_UPDATE && (op->flags & OP_COMPARES) != 0 && op->size <= sizeof(uint64_t) &&
            value_at(op->addr, op->size) != op->expected);
}

void spin_note(struct actor *actor, const struct op *op)
{
    actor->spin.rests = false;
    machine.spinning &= ~(1u << actor_index(actor));
    actor->private.count = 0;
    if (op->kind == OP_OBJECT && (op->flags & OP_READS_ONLY) != 0) {
        return; /* a round may ask the DDI how things are */
    }
    if (!only_reads(op)) {
        actor->spin.count = 0;
        return;
    }
    if (actor->spin.count == 0 || actor->spin.count == SPIN_READS) {
        begin_round(actor, op, 0);
    } else if (actor->spin.pc == op->pc && actor->spin.address == op->addr) {
        uint64_t hash = stack_hash(actor, op->pc);
        if (hash == actor->spin.hash && unchanged(actor)) {
            actor->spin.rests = true;
            machine.spinning |= 1u << actor_index(actor);
            return;
        }
        begin_round(actor, op, hash);
    }
    if (op->size <= sizeof(uint64_t)) {
        *spin_read(actor, actor->spin.count++) =
            (struct spin_read){op->addr, value_at(op->addr, op->size), op->size};
    }
}

#define PRIVATE_SAMPLE 256u /* accesses after which another one is looked for */
#define PRIVATE_PATIENCE 64u

bool spin_waits_in_private(struct actor *actor, const struct op *op)
{
    if (actor->private.count++ % PRIVATE_SAMPLE == 0) {
        actor->private.pc = op->pc;
        actor->private.address = op->addr;
        actor->private.seen = 0;
    } else if (op->kind == OP_READ && actor->private.pc == op->pc && actor->private.address == op->addr) {
        actor->private.seen++;
    }
    return actor->private.seen >= PRIVATE_PATIENCE;
}

void spin_taken(struct actor *actor, const struct op *op)
{
    if (op->kind == OP_UPDATE && !only_reads(op)) {
        actor->spin.count = 0; /* it did not fail after all */
    }
}

bool spin_rests(const struct actor *actor)
{
    return actor->spin.rests && unchanged(actor);
}
