/*
 * atomicity.c - looks for the write that an assertion may have failed for (contract in atomicity.h).
 *
 * A hint, not a finding of its own: which values belong together only the driver's author knows, and his
 * assertion has said that something is wrong.  It is given only where the second critical section writes
 * without having looked again; one that looks again acts on what is there now.
 */
#include "report/atomicity.h"

#include "report/symbolise.h"

static bool is_plain(const struct op *op)
{
    bool atomic = (op->flags & OP_ATOMIC) != 0 && (op->flags & OP_VOLATILE) == 0;
    return !atomic && (op->flags & OP_LIBRARY) == 0 && (op->kind == OP_READ || op->kind == OP_WRITE);
}

static bool changes(const struct op *op)
{
    return op->kind == OP_WRITE || op->kind == OP_UPDATE || op->kind == OP_FREE;
}

static bool overlap(const struct op *a, const struct op *b)
{
    return a->addr < b->addr + b->size && b->addr < a->addr + a->size;
}

static bool holds(const struct table_step *step, const void *lock)
{
    unsigned i = 0;
    while (i < step->lock_count && i < FINDING_LOCKS && step->locks[i] != lock) {
        i++;
    }
    return i < step->lock_count && i < FINDING_LOCKS;
}

/* Does the actor of `write` release the lock between the two? */
static bool gives_up(const struct table_step *steps, size_t from, size_t to, const void *lock)
{
    for (size_t i = from + 1; i < to; i++) {
        if (steps[i].actor == steps[to].actor && steps[i].op.kind == OP_UNLOCK &&
            steps[i].op.addr == (uintptr_t)lock) {
            return true;
        }
    }
    return false;
}

/* The last read of what is written there, when the writer has not written it itself since; false: none. */
static bool find_read(const struct table_step *steps, size_t write, size_t *read)
{
    for (size_t i = write; i-- > 0;) {
        const struct table_step *step = &steps[i];
        if (step->op.kind == OP_FREE && overlap(&step->op, &steps[write].op)) {
            return false; /* another object lay there */
        }
        if (step->actor == steps[write].actor && (changes(&step->op) || step->op.kind == OP_READ) &&
            overlap(&step->op, &steps[write].op)) {
            *read = i;
            return is_plain(&step->op) && step->op.kind == OP_READ;
        }
    }
    return false;
}

static bool find_change(const struct table_step *steps, size_t read, size_t write, const void *lock,
                        size_t *changed)
{
    for (size_t i = write; i-- > read + 1;) {
        if (steps[i].actor != steps[write].actor && changes(&steps[i].op) &&
            (steps[i].op.flags & OP_LIBRARY) == 0 && overlap(&steps[i].op, &steps[write].op)) {
            *changed = i;
            return holds(&steps[i], lock); /* else it is a data race, which has a finding of its own */
        }
    }
    return false;
}

static bool judge(const struct table_step *steps, size_t write, struct atomicity *found)
{
    size_t read, changed;
    if (!is_plain(&steps[write].op) || steps[write].op.kind != OP_WRITE || !find_read(steps, write, &read)) {
        return false;
    }
    for (unsigned i = 0; i < steps[write].lock_count && i < FINDING_LOCKS; i++) {
        const void *lock = steps[write].locks[i];
        if (holds(&steps[read], lock) && gives_up(steps, read, write, lock) &&
            find_change(steps, read, write, lock, &changed)) {
            *found = (struct atomicity){read, changed, write, lock};
            return true;
        }
    }
    return false;
}

bool atomicity_find(const struct table_step *steps, size_t count, struct atomicity *found)
{
    for (size_t i = count; i-- > 0;) {
        if (judge(steps, i, found)) {
            return true;
        }
    }
    return false;
}

static json_t *step_object(const struct table_step *steps, size_t index, const char *(*name)(unsigned actor))
{
    json_t *object = json_object();
    json_object_set_new(object, "actor", json_string(name(steps[index].actor)));
    json_object_set_new(object, "step", json_integer((json_int_t)index + 1));
    return object;
}

json_t *atomicity_object(const struct table_step *steps, size_t count, const char *(*name)(unsigned actor))
{
    struct atomicity found;
    char where[128];
    if (!atomicity_find(steps, count, &found)) {
        return NULL;
    }
    json_t *object = json_object();
    symbolise_data(steps[found.written].op.addr, where, sizeof(where));
    json_object_set_new(object, "data", json_string(where));
    json_object_set_new(object, "read", step_object(steps, found.read, name));
    json_object_set_new(object, "changed", step_object(steps, found.changed, name));
    json_object_set_new(object, "written", step_object(steps, found.written, name));
    return object;
}
