/*
 * dependence.h - which steps must keep their order: the dependence relation of the search
 * (explore.md C3).  It is about the order of exploration, not about data races.
 */
#ifndef UNDIS_ENGINE_EXPLORE_SEARCH_DEPENDENCE_H
#define UNDIS_ENGINE_EXPLORE_SEARCH_DEPENDENCE_H

#include "ke/step.h"

enum op_trait {
    TRAIT_MEMORY = 1,    /* touches [addr, addr + size) */
    TRAIT_WRITES = 2,    /* and changes it */
    TRAIT_OBJECTS = 4,   /* touches object[] */
    TRAIT_CONDITION = 8, /* enabled only when the word at addr has a certain value */
    TRAIT_LOCK = 16,     /* changes a spin lock: addr is its word */
};

extern const uint8_t op_traits[OP_KINDS];

static inline bool op_touches_memory(const struct op *op)
{
    return (op_traits[op->kind] & TRAIT_MEMORY) != 0 && op->size != 0;
}

/* Is it taken only when nobody else can go on? */
static inline bool op_waits_for_all(const struct op *op)
{
    return op->kind == OP_SETTLE || (op->kind == OP_TICK && (op->flags & OP_ALWAYS) != 0);
}

static inline bool op_writes(const struct op *op)
{
    return (op_traits[op->kind] & TRAIT_WRITES) != 0;
}

static inline bool op_touches_objects(const struct op *op)
{
    return (op_traits[op->kind] & TRAIT_OBJECTS) != 0;
}

/* It changes none of its objects: an exit looks whether another entry waits. */
static inline bool op_only_looks(const struct op *op)
{
    return op->kind == OP_EXIT || (op->kind == OP_OBJECT && (op->flags & OP_READS_ONLY) != 0);
}

/* May what it does depend on virtual time? */
static inline bool op_touches_time(const struct op *op)
{
    return op_touches_objects(op) && op->kind != OP_EXIT;
}

static inline bool ops_overlap(const struct op *a, const struct op *b)
{
    return a->addr < b->addr + b->size && b->addr < a->addr + a->size;
}

/* The IRQL that the processor must admit for it. */
static inline unsigned op_admission(const struct op *op)
{
    return op->kind == OP_ENTER ? op->new_level : op->level;
}

/* The actor's hold on the processor before and after it: an interrupt that has not begun has none. */
static inline unsigned op_level_before(const struct op *op)
{
    return op->kind == OP_ENTER ? 0 : op->level;
}

static inline unsigned op_level_after(const struct op *op)
{
    switch (op->kind) {
    case OP_RAISE:
    case OP_LOWER:
    case OP_ENTER:
        return op->new_level;
    case OP_EXIT:
        return 0;
    default:
        return op->level;
    }
}

/* Does somebody at IRQL `held` keep what needs `wanted` off his processor?  At PASSIVE_LEVEL threads share
 * it.  The machine must decide in the same way (pick.c). */
static inline bool level_excludes(unsigned held, unsigned wanted)
{
    return held > 0 && held >= wanted;
}

/* A step that raises the hold on the processor: it may take it from others. */
static inline bool op_acquires_processor(const struct op *op)
{
    return op->kind == OP_ENTER || op_level_after(op) > op->level;
}

/* Does it take the processor from who wants that level, and who had it so far? */
static inline bool op_takes_from(const struct op *op, unsigned wanted)
{
    return level_excludes(op_level_after(op), wanted) && !level_excludes(op_level_before(op), wanted);
}

/* Is `b` an entry that interrupts who is at `a`, another actor on its processor? */
static inline bool op_is_interrupted_by(const struct op *a, const struct op *b)
{
    return b->kind == OP_ENTER && a->processor == b->processor &&
           level_excludes(b->new_level, op_admission(a));
}

/* Must these steps of two different actors, both as they take effect, keep their order? */
bool ops_depend(unsigned actor_a, const struct op *a, unsigned actor_b, const struct op *b);

/* And can there be a moment at which either could be taken?  Not so when one makes the other possible. */
bool ops_compete(unsigned actor_a, const struct op *a, unsigned actor_b, const struct op *b);

#endif
