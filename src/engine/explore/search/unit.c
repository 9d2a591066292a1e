/*
 * unit.c - the first steps of a search as lines of text, for other machines.
 *
 * A unit is "ACTOR[=VALUE]:ASLEEP", once per step, separated by commas: who takes the step, the value of a
 * CHOICE, and in hexadecimal who is asleep there because another unit has explored it.
 */
#include "engine/explore/search/internal.h"

#include <ctype.h>

static const char *read_number(const char *text, int base, unsigned long limit, unsigned long *number)
{
    char *end;
    if (!isxdigit((unsigned char)*text)) {
        return NULL;
    }
    *number = strtoul(text, &end, base);
    return end != text && end - text <= 10 && *number <= limit ? end : NULL;
}

static const char *read_step(const char *text, struct unit_step *step)
{
    unsigned long actor, value = 0, asleep;
    text = read_number(text, 10, SEARCH_ACTORS - 1, &actor);
    if (text != NULL && *text == '=') {
        text = read_number(text + 1, 10, UINT16_MAX, &value);
    }
    if (text == NULL || *text != ':') {
        return NULL;
    }
    text = read_number(text + 1, 16, UINT32_MAX, &asleep);
    if (text == NULL || (*text != '\0' && (*text != ',' || text[1] == '\0'))) {
        return NULL;
    }
    *step = (struct unit_step){(uint8_t)actor, (uint16_t)value, (uint32_t)asleep};
    return *text == ',' ? text + 1 : text;
}

bool search_unit_valid(const char *unit)
{
    struct unit_step step;
    unsigned count = 0;
    while (unit != NULL && *unit != '\0') {
        unit = read_step(unit, &step);
        count++;
    }
    return unit != NULL && count > 0 && count <= SEARCH_UNIT_STEPS;
}

bool unit_parse(struct search *search, const char *text)
{
    if (!search_unit_valid(text)) {
        return false;
    }
    search->unit = malloc(SEARCH_UNIT_STEPS * sizeof(*search->unit));
    if (search->unit == NULL) {
        return false;
    }
    while (*text != '\0') {
        text = read_step(text, &search->unit[search->fixed++]);
    }
    return true;
}

int unit_choose(struct search *search, struct frame *frame, const struct search_actor *actors)
{
    const struct unit_step *step = &search->unit[search->depth];
    for (uint32_t left = step->asleep & frame->enabled; left != 0; left &= left - 1) {
        unsigned actor = (unsigned)__builtin_ctz(left);
        struct op op = actors[actor].op;
        search_effect(search, &op);
        sleep_add_op(search, search->depth, actor, &op);
        frame->unfollowed |= 1U << actor;
    }
    frame->value = step->value;
    frame->backtrack = 1U << step->actor;
    return step->actor;
}

/* ---- splitting ------------------------------------------------------------------------------------------
 */

void unit_emit(struct search *search)
{
    char text[SEARCH_UNIT_STEPS * 32];
    size_t length = 0;
    for (uint32_t i = 0; i < search->depth; i++) {
        const struct frame *frame = &search->frame[i];
        const struct search_event *event = &search->event[i];
        length += (size_t)snprintf(text + length, sizeof(text) - length, i == 0 ? "%u" : ",%u",
                                   (unsigned)event->actor);
        if (event->op.kind == OP_CHOICE) {
            length += (size_t)snprintf(text + length, sizeof(text) - length, "=%u", (unsigned)event->value);
        }
        length += (size_t)snprintf(text + length, sizeof(text) - length, ":%x", (unsigned)frame->explored);
    }
    search->emit(text, search->emit_argument);
}

static int choose(struct search *search, struct frame *frame, const struct search_actor *actors,
                  unsigned count)
{
    (void)actors, (void)count;
    if (search->depth == search->split) {
        unit_emit(search);
        return SEARCH_STOP;
    }
    uint32_t awake = frame->enabled & ~sleep_blocked(frame);
    if (awake == 0) {
        return SEARCH_STOP;
    }
    frame->backtrack = frame->enabled;
    unsigned actor = search_stay(search, awake);
    frame->value = sleep_first_value(search, search->depth, actor);
    return (int)actor;
}

static bool advance(struct search *search, uint32_t depth)
{
    struct frame *frame = &search->frame[depth];
    unsigned actor = frame->actor;
    if (!sleep_advance(search, depth)) {
        return false;
    }
    if (frame->actor != actor) {
        frame->explored |= 1U << actor;
    }
    return true;
}

const struct search_method search_splitting = {
    .sleeps = true,
    .choose = choose,
    .advance = advance,
};

void search_split(struct search *search, unsigned depth, void (*emit)(const char *unit, void *argument),
                  void *argument)
{
    search->strategy = &search_splitting;
    search->split = depth < 1 ? 1 : depth < SEARCH_UNIT_STEPS ? depth : SEARCH_UNIT_STEPS;
    search->emit = emit;
    search->emit_argument = argument;
}
