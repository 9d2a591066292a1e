/*
 * tso.c - total store order: a store may be seen by other processors later than by its own.
 *
 * Each processor has a store buffer, here of one store.  A plain store takes the buffer (OP_LOCK: it waits
 * for an earlier store to leave), and the buffer, an actor of its own, writes it to memory at any later time
 * and becomes free (OP_WRITE, OP_UNLOCK).  Loads go on meanwhile and may overtake the store, which is all
 * that x86 allows; locked operations, barriers, and whatever the library does wait for an empty buffer.
 *
 * The code makes the store itself, right after saying so.  So the stored value is in memory while an actor of
 * that processor runs, and put back to what the others see whenever somebody else does.
 */
#include "engine/explore/machine/internal.h"

#include <string.h>

struct store_buffer {
    uint32_t word; /* the lock word: 1 while it holds a store */
    uint32_t size;
    uintptr_t address;
    uint64_t value; /* what was stored; known from the first tso_hide on */
    uint64_t below; /* what the others see, while it is shown */
    bool known;
    uintptr_t pc; /* of the code that stored */
};

static struct store_buffer buffers[KE_MAXIMUM_PROCESSORS];
/* The one whose store is in memory now: that of the processor on which the running actor came to run, which
 * it may have left since. */
static struct store_buffer *shown;

bool tso_delays(const struct op *op)
{
    return op->kind == OP_WRITE && op->size <= sizeof(uint64_t) && (op->flags & OP_LIBRARY) == 0 &&
           ((op->flags & OP_ATOMIC) == 0 || (op->flags & OP_VOLATILE) != 0);
}

bool tso_is_empty(const struct ke_processor *processor)
{
    return processor == NULL || buffers[processor->number].word == 0;
}

/* ---- what who sees -------------------------------------------------------------------------------- */

void tso_hide(void)
{
    struct store_buffer *buffer = shown;
    if (buffer == NULL) {
        return;
    }
    if (!buffer->known) {
        buffer->value = machine_peek(buffer->address, buffer->size);
        buffer->known = true;
    }
    memcpy((void *)buffer->address, &buffer->below, buffer->size);
    shown = NULL;
}

void tso_show(const struct actor *actor)
{
    if (!machine_kept.options.tso || actor->processor == NULL || actor->kind > ACTOR_ISR) {
        return;
    }
    struct store_buffer *buffer = &buffers[actor->processor->number];
    if (buffer->word != 0 && shown == NULL) {
        buffer->below = machine_peek(buffer->address, buffer->size);
        memcpy((void *)buffer->address, &buffer->value, buffer->size);
        shown = buffer;
    }
}

/* ---- the buffer's own steps ------------------------------------------------------------------------ */

static struct op buffer_op(const struct store_buffer *buffer, enum op_kind kind)
{
    return (struct op){.kind = (uint8_t)kind,
                       .flags = OP_STORE | OP_ATOMIC,
                       .processor = -1,
                       .size = kind == OP_WRITE ? buffer->size : (uint32_t)sizeof(buffer->word),
                       .addr = kind == OP_WRITE ? buffer->address : (uintptr_t)&buffer->word,
                       .pc = buffer->pc};
}

static void buffer_body(void *argument)
{
    struct actor *actor = argument;
    struct store_buffer *buffer = &buffers[actor->number];
    host_context_entered(&actor->own);
    for (;;) {
        machine_trace_step(&machine.view[actor_index(actor)].op);
        memcpy((void *)buffer->address, &buffer->value, buffer->size);
        machine.view[actor_index(actor)].op = buffer_op(buffer, OP_UNLOCK);
        machine_go_on();
        buffer->word = 0;
        service_rest(KE_MASKED);
    }
}

bool tso_buffer_is_full(const struct actor *actor, struct op *op)
{
    const struct store_buffer *buffer = &buffers[actor->number];
    *op = buffer_op(buffer, OP_WRITE);
    return buffer->word != 0;
}

const struct op *tso_observed(const struct actor *actor, const struct op *op)
{
    return op->kind == OP_LOCK && actor->stores ? &machine.stores[actor_index(actor)] : NULL;
}

/* ---- what actors do ------------------------------------------------------------------------------- */

static struct op buffer_op_here(const struct store_buffer *buffer, enum op_kind kind)
{
    struct op op = ke_op_here(kind, OP_STORE | OP_ATOMIC);
    op.addr = (uintptr_t)&buffer->word;
    op.size = sizeof(buffer->word);
    op.pc = buffer->pc;
    return op;
}

/* Takes the buffer of this processor; `store`: for a store (else to see it empty). */
static struct store_buffer *take_buffer(const struct op *store)
{
    unsigned number = actor_current()->processor->number;
    struct store_buffer *buffer = &buffers[number];
    struct op op = buffer_op_here(buffer, OP_LOCK);
    actor_current()->stores = store != NULL;
    if (store != NULL) {
        op.pc = store->pc;
        machine.stores[ke_actor] = *store;
    }
    ke_engine->step(&op);
    return buffer;
}

void tso_store(const struct op *op)
{
    struct store_buffer *buffer = take_buffer(op);
    struct actor *actor = actor_of(ACTOR_BUFFER, 0, actor_current()->processor->number);
    buffer->word = 1;
    buffer->address = op->addr;
    buffer->size = op->size;
    buffer->below = machine_peek(op->addr, op->size);
    buffer->known = false;
    shown = buffer;
    buffer->pc = op->pc;
    if (actor->state == ACTOR_ABSENT) {
        actor->number = actor_current()->processor->number;
        service_make(actor, &ke_processors[ke_processor_count - 1], buffer_body);
    }
    search_order(machine_kept.search, actor_index(actor));
}

void tso_drain(void)
{
    if (!tso_is_empty(actor_current()->processor)) {
        struct store_buffer *buffer = take_buffer(NULL);
        struct op op = buffer_op_here(buffer, OP_UNLOCK);
        ke_engine->step(&op);
    }
}
