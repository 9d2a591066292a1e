/*
 * table.c - the steps of a schedule as rows: who, where, what, at which IRQL, with which locks.
 */
#include "report/table.h"

#include "ke/engine.h"
#include "report/source.h"
#include "report/symbolise.h"

#include <stdlib.h>
#include <string.h>

#define LOCK_NAMES 26 /* A to Z; more locks than that are called by their addresses */
#define OPERATIONS_SIZE 160

/* What the rows call the locks: letters, in the order in which they turn up. */
struct lock_names {
    const void *lock[LOCK_NAMES];
    unsigned count;
};

static void name_lock(struct lock_names *names, const void *lock, char *text, size_t size)
{
    unsigned i = 0;
    while (i < names->count && names->lock[i] != lock) {
        i++;
    }
    if (i == names->count && i < LOCK_NAMES) {
        names->lock[names->count++] = lock;
    }
    if (i < LOCK_NAMES) {
        snprintf(text, size, "%c", 'A' + i);
    } else {
        snprintf(text, size, "%p", lock);
    }
}

/* ---- operations ------------------------------------------------------------------------------------ */

static const char *choice_name(unsigned choice)
{
    static const char *const names[] = {
        [CHOICE_ORDER] = "order",
        [CHOICE_IRQL] = "IRQL",
        [CHOICE_TIMING] = "timing",
        [CHOICE_CHAIN] = "chain",
        [CHOICE_PLACEMENT] = "placement",
        [CHOICE_FAILURE] = "failure",
        [CHOICE_DEVICE] = "device's answer",
    };
    return choice < sizeof(names) / sizeof(names[0]) && names[choice] != NULL ? names[choice] : "choice";
}

static void describe_memory(const struct op *op, const char *verb, char *text, size_t size)
{
    char where[128];
    symbolise_data(op->addr, where, sizeof(where));
    snprintf(text, size, "%s%s %s",
             (op->flags & OP_ATOMIC) != 0 && (op->flags & OP_VOLATILE) == 0 ? "atomically " : "", verb,
             where);
}

static void describe_lock(struct lock_names *names, const struct op *op, const char *verb, char *text,
                          size_t size)
{
    char lock[24];
    name_lock(names, (const void *)op->addr, lock, sizeof(lock));
    snprintf(text, size, "%s lock %s", verb, lock);
}

static void describe_object(const struct op *op, char *text, size_t size)
{
    char where[128];
    bool named = symbolise_data(op->object[0], where, sizeof(where));
    snprintf(text, size, "%s %s", (op->flags & OP_READS_ONLY) != 0 ? "looks at" : "changes",
             named ? where : "a kernel object");
}

static void describe(const struct table_step *step, struct lock_names *names, char *text, size_t size)
{
    const struct op *op = &step->op;
    switch (op->kind) {
    case OP_READ:
        describe_memory(op, "reads", text, size);
        break;
    case OP_WRITE:
        describe_memory(op, "writes", text, size);
        break;
    case OP_UPDATE:
        if ((op->flags & OP_TRIES) != 0) {
            describe_lock(names, op, "tries", text, size);
        } else {
            describe_memory(op, "updates", text, size);
        }
        break;
    case OP_LOCK:
        describe_lock(names, op, "takes", text, size);
        break;
    case OP_UNLOCK:
        describe_lock(names, op, "releases", text, size);
        break;
    case OP_OBJECT:
        describe_object(op, text, size);
        break;
    case OP_RAISE:
    case OP_LOWER:
        snprintf(text, size, "%s IRQL to %u", op->kind == OP_RAISE ? "raises" : "lowers", op->new_level);
        break;
    case OP_CHOICE:
        snprintf(text, size, "%s: %u of %u", choice_name(op->choice), step->value, op->aux);
        break;
    case OP_AWAIT:
        snprintf(text, size, "has waited");
        break;
    default: {
        static const char *const others[OP_KINDS] = {
            [OP_NONE] = "goes on", [OP_ENTER] = "begins",        [OP_EXIT] = "ends",
            [OP_JOIN] = "joins",   [OP_SETTLE] = "all is quiet", [OP_TICK] = "time goes on",
            [OP_DEVICE] = "works", [OP_FREE] = "frees pool",
        };
        snprintf(text, size, "%s",
                 op->kind < OP_KINDS && others[op->kind] != NULL ? others[op->kind] : "goes on");
    }
    }
}

/* ---- rows ------------------------------------------------------------------------------------------ */

struct place {
    struct symbol symbols[SYMBOLS_MAXIMUM];
    bool known;
};

/* The line of the driver's source that the step belongs to. */
static void find_place(const struct table_step *step, struct place *place)
{
    place->known = false;
    for (unsigned i = 0; i < step->depth && !place->known; i++) {
        symbolise(step->pc[i], place->symbols);
        place->known = place->symbols[0].file[0] != '\0';
    }
}

static bool same_place(const struct place *a, const struct place *b)
{
    return a->known == b->known && (!a->known || (a->symbols[0].line == b->symbols[0].line &&
                                                  strcmp(a->symbols[0].file, b->symbols[0].file) == 0));
}

/* Does this step belong to the row of the one before? */
static bool goes_on(const struct table_step *before, const struct place *place_before,
                    const struct table_step *step, const struct place *place)
{
    return !step->forced && before->actor == step->actor && place->known && same_place(place_before, place) &&
           step->op.kind != OP_ENTER && step->op.kind != OP_CHOICE;
}

static json_t *lock_list(const struct table_step *step, struct lock_names *names)
{
    json_t *list = json_array();
    for (unsigned i = 0; i < step->lock_count && i < FINDING_LOCKS; i++) {
        char name[24];
        name_lock(names, step->locks[i], name, sizeof(name));
        json_array_append_new(list, json_string(name));
    }
    return list;
}

static json_t *begin_row(const struct table_step *step, size_t index, const struct place *place,
                         const char *name, struct lock_names *names)
{
    const struct symbol *symbol = &place->symbols[0];
    char line[256] = "";
    if (place->known) {
        source_line(symbol->file, symbol->line, line, sizeof(line));
    }
    json_t *row = json_object();
    json_object_set_new(row, "step", json_integer((json_int_t)index));
    json_object_set_new(row, "steps", json_integer(0));
    json_object_set_new(row, "processor", json_integer(step->processor));
    json_object_set_new(row, "actor", json_string(name));
    json_object_set_new(row, "forced", json_boolean(step->forced));
    json_object_set_new(row, "irql", json_integer(step->op.level));
    json_object_set_new(row, "locks", lock_list(step, names));
    json_object_set_new(row, "function", place->known ? json_string(symbol->function) : json_null());
    json_object_set_new(row, "file", place->known ? json_string(symbol->file) : json_null());
    json_object_set_new(row, "line", place->known ? json_integer(symbol->line) : json_null());
    json_object_set_new(row, "source", line[0] != '\0' ? json_string(line) : json_null());
    return row;
}

static void end_row(json_t *rows, json_t *row, const char *operations, json_int_t steps)
{
    if (row != NULL) {
        json_object_set_new(row, "operation", json_string(operations));
        json_object_set_new(row, "steps", json_integer(steps));
        json_array_append_new(rows, row);
    }
}

/* "reads a, takes lock B": each once. */
static void add_operation(char *operations, const char *operation)
{
    size_t used = strlen(operations);
    if (strstr(operations, operation) == NULL && used + strlen(operation) + 3 < OPERATIONS_SIZE) {
        snprintf(operations + used, OPERATIONS_SIZE - used, "%s%s", used != 0 ? ", " : "", operation);
    }
}

json_t *table_rows(const struct table_step *steps, size_t count, const char *(*name)(unsigned actor))
{
    struct lock_names names = {0};
    struct place *places = calloc(2, sizeof(*places)); /* the last one and this one */
    json_t *rows = json_array(), *row = NULL;
    char operations[OPERATIONS_SIZE] = "";
    json_int_t merged = 0;
    for (size_t i = 0; places != NULL && i < count; i++) {
        struct place *place = &places[i % 2];
        find_place(&steps[i], place);
        if (i == 0 || !goes_on(&steps[i - 1], &places[(i + 1) % 2], &steps[i], place)) {
            end_row(rows, row, operations, merged);
            row = begin_row(&steps[i], i + 1, place, name(steps[i].actor), &names);
            operations[0] = '\0';
            merged = 0;
        }
        char operation[OPERATIONS_SIZE];
        describe(&steps[i], &names, operation, sizeof(operation));
        add_operation(operations, operation);
        merged++;
    }
    end_row(rows, row, operations, merged);
    free(places);
    source_end();
    return rows;
}
