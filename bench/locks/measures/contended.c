/*
 * contended.c - many at one lock: how much gets through, how evenly, and who waits for how long.
 *
 * On fewer cores than members the host preempts holders and next-in-line waiters: that is the point.
 *
 * Where members share a core the host gives each some milliseconds, whatever the lock does.  So a round
 * begins when all have had a core once, and what the members get is compared over two times: over that of the
 * round, in which a member of sixteen comes to a core twice or thrice, and over one ten times as long.
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
static const struct kind lasting = {"contended for 1.5 s", "contended Jain for 1.5 s", NULL, 0, {4, 8, 16}};
#define LASTING_SECONDS 1.5

static const struct contender *measured;
static uint64_t before[CREW_MAXIMUM]; /* pairs of each member when the round began */

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
        double x = (double)(crew_member(i)->pairs - before[i]);
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
        pairs += member->pairs - before[i];
        sections += member->pairs + member->timed_pairs;
        longest = member->longest_wait > longest ? member->longest_wait : longest;
    }
    if (measured->family == SPIN_LOCK && !gate_excluded(sections)) {
        result_broken("sections were lost", measured->name);
    }
    result_add(kind->name, measured->name, count, "M/s", (double)pairs / seconds / 1e6);
    result_add(kind->jain, measured->name, count, "", jain(count));
    if (kind->wait != NULL) {
        result_add(kind->wait, measured->name, count, "us", (double)longest / 1e3);
    }
}

struct window {
    double warming, counting, timing;
};

/* Until everybody has had a core; long enough for a few turns of each. */
static struct window window(const struct plan *plan, const struct kind *kind, unsigned count)
{
    double counting = count <= 2 ? 0.05 : count <= 16 ? 0.15 : 0.4;
    if (plan->quick) {
        return (struct window){0, 0.005, 0.002};
    }
    if (kind == &lasting) {
        return (struct window){count * 0.004, LASTING_SECONDS, 0};
    }
    return (struct window){count <= 2 ? 0.001 : count * 0.004, counting, counting / 4};
}

static void sample(const struct plan *plan, const struct kind *kind, unsigned count)
{
    struct window times = window(plan, kind, count);
    gate_close(kind->length, 0);
    crew_start(measured->place, count, measured->reset, work);
    gate_warm(times.warming);
    for (unsigned i = 0; i < count; i++) {
        before[i] = crew_member(i)->pairs;
    }
    double seconds = gate_open(times.counting, times.timing);
    crew_wait();
    note(kind, count, seconds);
}

static void round_of(const struct plan *plan, const struct kind *kind, unsigned count)
{
    for (unsigned i = 0; i < contender_count; i++) {
        measured = contenders[i];
        if (measured->family == SPIN_LOCK && plan_has(plan, measured)) {
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

void measure_fairness(const struct plan *plan)
{
    for (const unsigned *count = lasting.counts; *count != 0 && *count <= plan->processors; count++) {
        round_of(plan, &lasting, *count);
    }
}
