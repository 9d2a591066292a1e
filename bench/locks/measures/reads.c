/*
 * reads.c - reader/writer locks that are mostly read.
 */
#include "contender.h"
#include "measures/measure.h"
#include "results.h"

static const struct {
    const char *name;
    unsigned writes; /* of a hundred */
} mixes[] = {{"reads 100/0", 0}, {"reads 99/1", 1}, {"reads 90/10", 10}};
static const unsigned counts[] = {1, 2, 4, 8};

static const struct contender *measured;

static void work(struct member *self)
{
    while (gate.phase == GATE_CLOSED) {
    }
    measured->contend(self);
}

static void sample(const struct plan *plan, unsigned mix, unsigned count)
{
    uint64_t pairs = 0, written = 0;
    gate_close(0, mixes[mix].writes);
    crew_start(measured->place, count, measured->reset, work);
    double seconds = gate_open(plan->quick ? 0.005 : 0.06, 0);
    crew_wait();
    for (unsigned i = 0; i < count; i++) {
        pairs += crew_member(i)->pairs;
        written += crew_member(i)->written;
    }
    if (!gate_excluded(written)) {
        result_broken("writes were lost", measured->name);
    }
    result_add(mixes[mix].name, measured->name, count, "M/s", (double)pairs / seconds / 1e6);
}

static void round_of(const struct plan *plan, unsigned mix, unsigned count)
{
    for (unsigned i = 0; i < contender_count; i++) {
        measured = contenders[i];
        if (measured->family == RW_LOCK && plan_has(plan, measured)) {
            sample(plan, mix, count);
        }
    }
}

void measure_reads(const struct plan *plan)
{
    for (unsigned mix = 0; mix < sizeof(mixes) / sizeof(mixes[0]); mix++) {
        for (unsigned c = 0; c < sizeof(counts) / sizeof(counts[0]) && counts[c] <= plan->processors; c++) {
            for (unsigned round = 0; round < (plan->quick ? 1 : 5); round++) {
                round_of(plan, mix, counts[c]);
            }
        }
    }
}
