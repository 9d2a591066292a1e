/*
 * minimise.c - delta debugging over the forced switches and choices of a trail.
 *
 * The result is 1-minimal: without any one of its switches the defect does not show.  That is not always the
 * least: a search with a bound below its preemptions is made afterwards, as far as the limits allow.
 */
#include "engine/explore/minimise.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#define BOUNDED_EXECUTIONS 4000 /* of one search for fewer preemptions */

struct work {
    const struct minimise_options *options;
    const struct target *target;
    struct minimal *minimal;
    struct trail trail; /* the best so far */
    double begin;
    bool failed; /* no memory */
};

void minimal_free(struct minimal *minimal)
{
    trail_free(&minimal->trail);
}

/* Of this thread, which is what executions run on: what is found does not depend on how busy the host is. */
static double processor_seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static bool is_over(const struct work *work)
{
    const struct minimise_options *options = work->options;
    return work->failed || work->minimal->grew ||
           (options->replays != 0 && work->minimal->replays >= options->replays) ||
           (options->seconds > 0 && processor_seconds() - work->begin > options->seconds);
}

/* Does the target show along this trail? */
static bool shows(struct work *work, const struct trail *trail)
{
    struct replay replay = trail_replay(trail, work->options->step_limit, work->target, NULL, NULL);
    work->minimal->replays++;
    work->failed = work->failed || replay.failed;
    work->minimal->grew = work->minimal->grew || replay.grew;
    if (!replay.seen || replay.failed || replay.grew) {
        return false;
    }
    work->minimal->last = replay;
    return true;
}

/* ---- switches -------------------------------------------------------------------------------------- */

/* Takes [from, to) out, if the target still shows. */
static bool drop_switches(struct work *work, size_t from, size_t to)
{
    struct trail shorter;
    if (!trail_copy(&shorter, &work->trail)) {
        work->failed = true;
        return false;
    }
    memmove(shorter.switches + from, shorter.switches + to,
            (shorter.switch_count - to) * sizeof(*shorter.switches));
    shorter.switch_count -= to - from;
    bool good = shows(work, &shorter);
    if (good) {
        struct trail old = work->trail;
        work->trail = shorter;
        shorter = old;
    }
    trail_free(&shorter);
    return good;
}

/* Zeller's ddmin, with complements only; later parts first, since what comes after the defect is idle. */
static void reduce_switches(struct work *work)
{
    size_t parts = 1;
    while (work->trail.switch_count > 0 && !is_over(work)) {
        size_t count = work->trail.switch_count;
        bool dropped = false;
        for (size_t i = parts; i > 0 && !dropped && !is_over(work); i--) {
            dropped = drop_switches(work, (i - 1) * count / parts, i * count / parts);
        }
        if (dropped) {
            parts = parts > 2 ? parts - 1 : 1;
        } else if (parts >= count) {
            return;
        } else {
            parts = parts * 2 < count ? parts * 2 : count;
        }
        if (parts > work->trail.switch_count) {
            parts = work->trail.switch_count;
        }
    }
}

/* ---- choices --------------------------------------------------------------------------------------- */

/* Sets [from, to) to 0, if the target still shows.  True also when there was nothing to set. */
static bool clear_choices(struct work *work, size_t from, size_t to)
{
    struct trail simpler;
    bool any = false;
    for (size_t i = from; i < to; i++) {
        any = any || work->trail.choices[i] != 0;
    }
    if (!any) {
        return true;
    }
    if (!trail_copy(&simpler, &work->trail)) {
        work->failed = true;
        return false;
    }
    memset(simpler.choices + from, 0, (to - from) * sizeof(*simpler.choices));
    bool good = shows(work, &simpler);
    if (good) {
        struct trail old = work->trail;
        work->trail = simpler;
        simpler = old;
    }
    trail_free(&simpler);
    return good;
}

/* All at once, else by halves. */
static void reduce_choices(struct work *work, size_t from, size_t to)
{
    if (from == to || is_over(work) || clear_choices(work, from, to) || to - from == 1) {
        return;
    }
    size_t middle = from + (to - from) / 2;
    reduce_choices(work, middle, to);
    reduce_choices(work, from, middle);
}

static unsigned choices_made(const struct trail *trail)
{
    unsigned made = 0;
    for (size_t i = 0; i < trail->choice_count; i++) {
        made += trail->choices[i] != 0;
    }
    return made;
}

/* Until neither helps any more: without a choice a switch may have become idle. */
static void reduce(struct work *work)
{
    size_t switches;
    unsigned choices;
    do {
        switches = work->trail.switch_count;
        choices = choices_made(&work->trail);
        reduce_switches(work);
        reduce_choices(work, 0, work->trail.choice_count);
        work->trail.choice_count = trail_choices(&work->trail);
    } while (!is_over(work) && (work->trail.switch_count < switches || choices_made(&work->trail) < choices));
}

/* ---- fewer preemptions ----------------------------------------------------------------------------- */

enum fewer { FEWER_FOUND, FEWER_NONE, FEWER_UNKNOWN };

/* Looks for the target among all executions with at most `bound` preemptions. */
static enum fewer search_fewer(struct work *work, unsigned bound, struct trail *trail)
{
    const struct search_options options = {.strategy = SEARCH_SOURCE,
                                           .preemption_bound = (int)bound,
                                           .step_limit = work->options->step_limit,
                                           .peek = machine_peek};
    struct search *search = search_create(&options);
    enum fewer result = FEWER_UNKNOWN;
    if (search == NULL) {
        work->failed = true;
        return FEWER_UNKNOWN;
    }
    for (unsigned i = 0; i < BOUNDED_EXECUTIONS && !is_over(work); i++) {
        machine_execute(search, NULL, NULL);
        work->minimal->replays++;
        work->minimal->grew = work->minimal->grew || machine_grew();
        if (target_seen(work->target) != NULL && search_preemptions(search) <= bound) {
            result = trail_take(trail, search) ? FEWER_FOUND : FEWER_UNKNOWN;
            break;
        }
        if (!search_next(search)) {
            result = search_counts(search).cut == 0 ? FEWER_NONE : FEWER_UNKNOWN;
            break;
        }
    }
    search_destroy(search);
    return result;
}

/* A trail with fewer preemptions takes the place of the present one. */
static bool take_over(struct work *work, struct trail *trail)
{
    struct trail old = work->trail;
    struct replay last = work->minimal->last;
    work->trail = *trail;
    if (!shows(work, &work->trail)) {
        trail_free(&work->trail);
        work->trail = old;
        return false;
    }
    reduce(work);
    if (work->minimal->last.preemptions < last.preemptions) {
        trail_free(&old);
        return true;
    }
    trail_free(&work->trail);
    work->trail = old;
    work->minimal->last = last;
    return false;
}

static void reduce_preemptions(struct work *work)
{
    unsigned bound = 0;
    bool all_searched = true;
    while (bound < work->minimal->last.preemptions && !is_over(work)) {
        struct trail trail = {0};
        enum fewer fewer = search_fewer(work, bound, &trail);
        if (fewer == FEWER_FOUND && !work->minimal->grew) {
            if (!take_over(work, &trail)) {
                return;
            }
            break;
        }
        trail_free(&trail);
        all_searched = all_searched && fewer == FEWER_NONE;
        bound++;
    }
    work->minimal->least = all_searched && !is_over(work);
}

/* ---- all of it ------------------------------------------------------------------------------------- */

bool minimise(const struct minimise_options *options, const struct trail *trail, const struct target *target,
              struct minimal *minimal)
{
    *minimal = (struct minimal){0};
    struct work work = {
        .options = options, .target = target, .minimal = minimal, .begin = processor_seconds()};
    if (!trail_copy(&work.trail, trail)) {
        return false;
    }
    minimal->reproduced = shows(&work, &work.trail);
    if (minimal->reproduced) {
        reduce(&work);
        reduce_preemptions(&work);
    }
    minimal->trail = work.trail;
    return !work.failed;
}
