/*
 * dependence.c - which steps must keep their order.
 */
#include "engine/explore/search/dependence.h"

const uint8_t op_traits[OP_KINDS] = {
    [OP_READ] = TRAIT_MEMORY,
    [OP_WRITE] = TRAIT_MEMORY | TRAIT_WRITES,
    [OP_UPDATE] = TRAIT_MEMORY | TRAIT_WRITES,
    [OP_LOCK] = TRAIT_MEMORY | TRAIT_WRITES | TRAIT_CONDITION | TRAIT_LOCK,
    [OP_UNLOCK] = TRAIT_MEMORY | TRAIT_WRITES | TRAIT_LOCK,
    [OP_AWAIT] = TRAIT_MEMORY | TRAIT_CONDITION,
    [OP_FREE] = TRAIT_MEMORY | TRAIT_WRITES,
    [OP_OBJECT] = TRAIT_MEMORY | TRAIT_OBJECTS, /* as a read of the object */
    [OP_ENTER] = TRAIT_MEMORY | TRAIT_OBJECTS,
    [OP_EXIT] = TRAIT_OBJECTS,
    [OP_TICK] = TRAIT_OBJECTS,
    [OP_DEVICE] = TRAIT_MEMORY | TRAIT_WRITES | TRAIT_OBJECTS,
};

static bool memory_conflicts(const struct op *a, const struct op *b)
{
    return op_touches_memory(a) && op_touches_memory(b) && (op_writes(a) || op_writes(b)) &&
           ops_overlap(a, b);
}

static bool objects_conflict(const struct op *a, const struct op *b)
{
    if (!op_touches_objects(a) || !op_touches_objects(b)) {
        return false;
    }
    if (a->kind == OP_TICK || b->kind == OP_TICK) {
        return op_touches_time(a) && op_touches_time(b);
    }
    if (op_only_looks(a) && op_only_looks(b)) {
        return false;
    }
    for (unsigned i = 0; i < OP_OBJECTS; i++) {
        for (unsigned k = 0; k < OP_OBJECTS && a->object[i] != 0; k++) {
            if (a->object[i] == b->object[k]) {
                return true;
            }
        }
    }
    return false;
}

/* Does `a` take the processor from `b`, or give it up to it? */
static bool level_decides(const struct op *a, const struct op *b)
{
    unsigned wanted = op_admission(b), after = op_level_after(a);
    if (op_acquires_processor(a)) {
        return op_takes_from(a, wanted);
    }
    return level_excludes(a->level, wanted) && !level_excludes(after, wanted);
}

static bool level_takes(const struct op *a, const struct op *b)
{
    return op_acquires_processor(a) && level_excludes(op_level_after(a), op_admission(b));
}

static bool is_handover(const struct op *a, const struct op *b)
{
    return a->addr == b->addr &&
           ((a->kind == OP_LOCK && b->kind == OP_UNLOCK) || (a->kind == OP_UNLOCK && b->kind == OP_LOCK));
}

bool ops_compete(unsigned actor_a, const struct op *a, unsigned actor_b, const struct op *b)
{
    if (actor_a == actor_b || op_waits_for_all(a) || op_waits_for_all(b)) {
        return false;
    }
    return (memory_conflicts(a, b) && !is_handover(a, b)) || objects_conflict(a, b) ||
           (a->processor >= 0 && a->processor == b->processor && (level_takes(a, b) || level_takes(b, a)));
}

bool ops_depend(unsigned actor_a, const struct op *a, unsigned actor_b, const struct op *b)
{
    if (actor_a == actor_b || op_waits_for_all(a) || op_waits_for_all(b)) {
        return true;
    }
    if (memory_conflicts(a, b) || objects_conflict(a, b)) {
        return true;
    }
    if (a->processor >= 0 && a->processor == b->processor && (level_decides(a, b) || level_decides(b, a))) {
        return true;
    }
    return (a->kind == OP_JOIN && (a->expected >> actor_b & 1) != 0) ||
           (b->kind == OP_JOIN && (b->expected >> actor_a & 1) != 0);
}
