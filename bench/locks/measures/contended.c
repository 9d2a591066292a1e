/*
 * contended.c - many at one lock: how much gets through, how evenly, and who waits for how long.
 *
 * On fewer cores than members the host preempts holders and next-in-line waiters: that is the point.
 */
#include "contender.h"
#include "measures/measure.h"
#include "results.h"

#define LONG_SECTION 500u /* additions, about half a microsecond */

struct kind {
    const char *name, *jain, *wait;
    unsigned length;
    unsigned counts[8]; /* of processors; ends with 0 */
};
static const struct kind kinds[] = {
    {"contended", "contended Jain", "contended wait", 0, {1, 2, 4, 8, 16, 64}},
    {"contended long", "contended long Jain", "contended long wait", LONG_SECTION, {2, 8}},
};

static const struct contender *measured;

static void work(struct member *self)
{
    while (gate.phase == GATE_CLOSED) {
    }
    measured->contend(self);
}

/* (sum x)^2 / (n sum x^2): 1 when all got the same, 1/n when one got it all. */
static double jain(unsigned count)
{
    double sum = 0, squares = 0;
    for (unsigned i = 0; i < count; i++) {
        double x = (double)crew_member(i)->pairs;
        sum += x;
        squares += x * x;
    }
    return squares > 0 ? sum * sum / (count * squares) : 0;
}

static void note(const struct kind *kind, unsigned count, double seconds)
{
    uint64_t pairs = 0, sections = 0, longest = 0;
    for (unsigned i = 0; i < count; i++) {
        const struct member *member = crew_member(i);
        pairs += member->pairs;
        sections += member->pairs + member->timed_pairs;
        longest = member->longest_wait > longest ? member->longest_wait : longest;
    }
    if (measured->family == SPIN_LOCK && !gate_excluded(sections)) {
        result_broken("sections were lost", measured->name);
    }
    result_add(kind->name, measured->name, count, "M/s", (double)pairs / seconds / 1e6);
    result_add(kind->jain, measured->name, count, "", jain(count));
    result_add(kind->wait, measured->name, count, "us", (double)longest / 1e3);
}

/* Long enough for the host to have given everybody a few turns. */
static double window(const struct plan *plan, unsigned count)
{
    return plan->quick ? 0.005 : count <= 2 ? 0.05 : count <= 16 ? 0.15 : 0.4;
}

static void sample(const struct plan *plan, const struct kind *kind, unsigned count)
{
    double seconds = window(plan, count);
    gate_close(kind->length, 0);
    crew_start(measured->place, count, measured->reset, work);
    seconds = gate_open(seconds, seconds / 4);
    crew_wait();
    note(kind, count, seconds);
}

static void round_of(const struct plan *plan, const struct kind *kind, unsigned count)
{
    for (unsigned i = 0; i < contender_count; i++) {
        measured = contenders[i];
        if (measured->family == SPIN_LOCK) {
            sample(plan, kind, count);
        }
    }
}

void measure_contended(const struct plan *plan)
{
    for (unsigned k = 0; k < sizeof(kinds) / sizeof(kinds[0]); k++) {
        for (const unsigned *count = kinds[k].counts; *count != 0 && *count <= plan->processors; count++) {
            unsigned rounds = plan->quick || *count > 16 ? 1 : *count > 2 ? 3 : 5;
            for (unsigned round = 0; round < rounds; round++) {
                round_of(plan, &kinds[k], *count);
            }
        }
    }
}
