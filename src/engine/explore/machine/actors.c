/*
 * actors.c - who can take steps, and what they are called.
 *
 * An index stands for the same actor in every execution: a thread is known by who made it and as its
 * how-manieth, the others by their processor, line or device.
 */
#include "engine/explore/machine/internal.h"

#include "dev/device.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

#define SERVICE_STACK_SIZE (128u * 1024u)

/* Mapped before the snapshot: an execution should make no system call. */
static struct host_stack service_stacks[SEARCH_ACTORS];

void actor_set(struct actor *actor, enum actor_state state)
{
    uint32_t bit = 1u << actor_index(actor);
    struct search_actor *view = &machine.view[actor_index(actor)];
    actor->state = state;
    if (state == ACTOR_AT_STEP) {
        machine.steady = machine.steady && (machine.at_step & bit) != 0;
        machine.at_step |= bit;
        return;
    }
    machine.steady = false;
    machine.at_step &= ~bit;
    view->op.kind = OP_NONE;
    view->enabled = false;
    view->ended = state == ACTOR_ENDED;
}

void actor_hold(struct actor *actor, KIRQL level)
{
    if (actor->level == level) {
        return; /* as nearly always */
    }
    uint32_t bit = 1u << actor_index(actor);
    machine.steady = false;
    actor->level = level;
    machine.raised = level != PASSIVE_LEVEL ? machine.raised | bit : machine.raised & ~bit;
}

static void name_actor(struct actor_key *key)
{
    switch ((enum actor_kind)key->kind) {
    case ACTOR_THREAD:
        if (key->ordinal == UINT16_MAX) {
            snprintf(key->name, sizeof(key->name), "main thread");
        } else {
            snprintf(key->name, sizeof(key->name), "thread %u.%u", key->parent, key->ordinal);
        }
        break;
    case ACTOR_DPC:
        snprintf(key->name, sizeof(key->name), "DPC on processor %u", key->ordinal);
        break;
    case ACTOR_ISR:
        snprintf(key->name, sizeof(key->name), "ISR of %s on processor %u",
                 ke_line_name(ke_line_numbered(key->ordinal)), key->parent);
        break;
    case ACTOR_CLOCK:
        snprintf(key->name, sizeof(key->name), "clock");
        break;
    case ACTOR_BUFFER:
        snprintf(key->name, sizeof(key->name), "store buffer of processor %u", key->ordinal);
        break;
    case ACTOR_DEVICE:
        device_unit_name(key->ordinal, key->name, sizeof(key->name));
        break;
    }
}

/* Restores copy what belongs to known actors, and no more. */
static void add_key(const struct actor_key *key)
{
    machine_kept.keys[machine_kept.key_count++] = *key;
    host_snapshot_extent(&machine,
                         offsetof(struct machine, view) + machine_kept.key_count * sizeof(machine.view[0]));
    host_snapshot_extent(machine.actors, machine_kept.key_count * sizeof(machine.actors[0]));
}

struct actor *actor_of(enum actor_kind kind, unsigned parent, unsigned ordinal)
{
    unsigned i = 0;
    while (i < machine_kept.key_count &&
           (machine_kept.keys[i].kind != kind || machine_kept.keys[i].parent != parent ||
            machine_kept.keys[i].ordinal != ordinal)) {
        i++;
    }
    if (i == SEARCH_ACTORS) {
        machine_kept.failure = "more than 32 threads, DPCs, service routines and devices take part";
        machine_leave(END_STOPPED);
    }
    if (i == machine_kept.key_count) {
        struct actor_key key = {
            .kind = (uint8_t)kind, .parent = (uint8_t)parent, .ordinal = (uint16_t)ordinal};
        name_actor(&key);
        add_key(&key);
    }
    if (i >= machine.count) {
        machine.count = i + 1;
    }
    struct actor *actor = &machine.actors[i];
    actor->kind = kind;
    machine.view[i].interrupt = kind != ACTOR_THREAD;
    return actor;
}

void actor_begin(struct actor *actor, void (*body)(void *))
{
    host_context_make(&actor->own, service_stacks[actor_index(actor)], body, actor);
    actor->context = &actor->own;
}

bool actor_stacks_map(void)
{
    for (unsigned i = 0; i < SEARCH_ACTORS; i++) {
        if (!host_stack_map(&service_stacks[i], SERVICE_STACK_SIZE)) {
            return false;
        }
    }
    return true;
}

static const char *const kind_names[] = {"thread", "dpc", "isr", "clock", "device", "buffer"};

void actors_write(FILE *out)
{
    for (unsigned i = 0; i < machine_kept.key_count; i++) {
        const struct actor_key *key = &machine_kept.keys[i];
        fprintf(out, "actor %s %u %u\n", kind_names[key->kind], key->parent, key->ordinal);
    }
}

bool actor_read(const char *line, unsigned *index)
{
    char kind_name[16], end;
    unsigned parent, ordinal, kind = 0;
    if (sscanf(line, "actor %15s %u %u%c", kind_name, &parent, &ordinal, &end) != 4 || end != '\n' ||
        *index >= SEARCH_ACTORS || parent >= KE_MAXIMUM_PROCESSORS || ordinal > UINT16_MAX) {
        return false;
    }
    while (kind < sizeof(kind_names) / sizeof(kind_names[0]) && strcmp(kind_name, kind_names[kind]) != 0) {
        kind++;
    }
    if (kind == sizeof(kind_names) / sizeof(kind_names[0]) ||
        (kind != ACTOR_THREAD && ordinal >= KE_MAXIMUM_PROCESSORS)) {
        return false;
    }
    struct actor_key key = {.kind = (uint8_t)kind, .parent = (uint8_t)parent, .ordinal = (uint16_t)ordinal};
    const struct actor_key *known = &machine_kept.keys[*index];
    if (*index < machine_kept.key_count &&
        (known->kind != key.kind || known->parent != key.parent || known->ordinal != key.ordinal)) {
        return false;
    }
    if (*index == machine_kept.key_count) {
        name_actor(&key);
        add_key(&key);
    }
    (*index)++;
    return true;
}

unsigned machine_actors(void)
{
    return machine_kept.key_count;
}

const char *machine_actor_name(unsigned actor)
{
    return actor < machine_kept.key_count ? machine_kept.keys[actor].name : "?";
}

int machine_actor_processor(unsigned actor)
{
    const struct ke_processor *processor = actor < machine.count ? machine.actors[actor].processor : NULL;
    return processor != NULL && machine.actors[actor].kind != ACTOR_CLOCK &&
                   machine.actors[actor].kind != ACTOR_DEVICE
               ? (int)processor->number
               : -1;
}
