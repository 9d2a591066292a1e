/*
 * trail.c - from an execution to its trail and back.
 */
#include "engine/explore/trail.h"

#include <stdlib.h>
#include <string.h>

/* ---- trails ---------------------------------------------------------------------------------------- */

void trail_free(struct trail *trail)
{
    free(trail->switches);
    free(trail->choices);
    *trail = (struct trail){0};
}

static bool allocate(struct trail *trail, size_t switches, size_t choices)
{
    *trail = (struct trail){.switches = calloc(switches + 1, sizeof(*trail->switches)),
                            .choices = calloc(choices + 1, sizeof(*trail->choices))};
    if (trail->switches == NULL || trail->choices == NULL) {
        trail_free(trail);
        return false;
    }
    return true;
}

bool trail_copy(struct trail *to, const struct trail *from)
{
    if (!allocate(to, from->switch_count, from->choice_count)) {
        return false;
    }
    memcpy(to->switches, from->switches, from->switch_count * sizeof(*to->switches));
    memcpy(to->choices, from->choices, from->choice_count * sizeof(*to->choices));
    to->switch_count = from->switch_count;
    to->choice_count = from->choice_count;
    return true;
}

/* Who begins, against a default rule that lets the lowest enabled one begin, whoever that is. */
static void force_first(struct trail *trail, unsigned first)
{
    for (unsigned other = 0; other < first; other++) {
        trail->switches[trail->switch_count++] = (struct search_switch){(uint16_t)other, (uint16_t)first, 0};
    }
}

bool trail_take(struct trail *trail, const struct search *search)
{
    size_t count = search_event_count(search);
    uint32_t steps[SEARCH_ACTORS] = {0};
    if (!allocate(trail, count + SEARCH_ACTORS, count)) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        const struct search_event *event = search_event_at(search, i);
        unsigned before = i > 0 ? search_event_at(search, i - 1)->actor : event->actor;
        if (i == 0) {
            force_first(trail, event->actor);
        } else if (event->actor != before) {
            trail->switches[trail->switch_count++] =
                (struct search_switch){(uint16_t)before, event->actor, steps[before]};
        }
        steps[event->actor]++;
        if (event->op.kind == OP_CHOICE) {
            trail->choices[trail->choice_count++] = event->value;
        }
    }
    trail->choice_count = trail_choices(trail);
    return true;
}

size_t trail_choices(const struct trail *trail)
{
    size_t count = trail->choice_count;
    while (count > 0 && trail->choices[count - 1] == 0) {
        count--;
    }
    return count;
}

/* ---- targets --------------------------------------------------------------------------------------- */

/* Where the steps ran out says nothing about an endless loop: it may be anywhere in it. */
static bool has_site(const struct finding *finding)
{
    return strcmp(finding->rule->name, "Livelock") != 0;
}

static uintptr_t site_of(const struct finding *finding)
{
    return has_site(finding) && finding->stack_count > 0 && finding->stacks[0].trace.depth > 0
               ? finding->stacks[0].trace.pc[0]
               : 0;
}

struct target target_of(const struct finding *finding)
{
    return (struct target){finding->rule, site_of(finding)};
}

const struct finding *target_seen(const struct target *target)
{
    for (size_t i = 0; i < finding_count(); i++) {
        const struct finding *finding = finding_at(i);
        if (finding->rule == target->rule && (target->site == 0 || site_of(finding) == target->site)) {
            return finding;
        }
    }
    return NULL;
}

/* ---- replays --------------------------------------------------------------------------------------- */

static uint64_t mix(uint64_t hash, uint64_t value)
{
    hash = (hash ^ value) * 0x9E3779B97F4A7C15u;
    return hash ^ hash >> 29;
}

/* Entered by the machine, not switched to by a scheduler. */
static bool is_interrupt(const struct op *op)
{
    return op->kind == OP_ENTER || op->kind == OP_TICK || op->kind == OP_DEVICE;
}

/* A switch of the trail that went to an interrupt. */
static bool is_forced(const struct trail *trail, unsigned from, uint32_t steps, unsigned to)
{
    for (size_t i = 0; i < trail->switch_count; i++) {
        const struct search_switch *s = &trail->switches[i];
        if (s->actor == from && s->steps == steps && s->to == to) {
            return true;
        }
    }
    return false;
}

static void look_at_events(struct replay *replay, const struct trail *trail, struct search *search)
{
    uint32_t steps[SEARCH_ACTORS] = {0};
    unsigned actor = search_event_count(search) > 0 ? search_event_at(search, 0)->actor : 0;
    replay->events = search_event_count(search);
    for (size_t i = 0; i < replay->events; i++) {
        const struct search_event *event = search_event_at(search, i);
        const struct op *op = &event->op;
        if (event->actor != actor && is_interrupt(op) &&
            is_forced(trail, actor, steps[actor], event->actor)) {
            replay->interrupts++;
        }
        actor = event->actor;
        steps[actor]++;
        uint64_t what = op->kind | (uint64_t)op->flags << 8 | (uint64_t)op->level << 16 |
                        (uint64_t)op->new_level << 24 | (uint64_t)(uint8_t)op->processor << 32 |
                        (uint64_t)op->choice << 40 | (uint64_t)op->aux << 48;
        replay->event_hash =
            mix(mix(mix(replay->event_hash, what), (uint64_t)event->actor << 16 | event->value), op->size);
    }
}

struct replay trail_replay(const struct trail *trail, uint32_t step_limit, const struct target *target,
                           machine_trace *trace, void *argument)
{
    struct search_guide guide = {trail->switches, trail->switch_count, trail->choices, trail->choice_count};
    const struct search_options options = {.strategy = SEARCH_GUIDED,
                                           .preemption_bound = -1,
                                           .step_limit = step_limit,
                                           .guide = &guide,
                                           .peek = machine_peek};
    struct replay replay = {0};
    struct search *search = search_create(&options);
    if (search == NULL) {
        replay.failed = true;
        return replay;
    }
    replay.end = machine_execute(search, trace, argument);
    replay.grew = machine_grew();
    replay.seen = target != NULL && target_seen(target) != NULL;
    replay.class_hash = search_class(search);
    replay.preemptions = search_preemptions(search);
    look_at_events(&replay, trail, search);
    search_destroy(search);
    return replay;
}
