/*
 * lists.c - many at one list.
 */
#include "contender.h"
#include "measures/measure.h"
#include "results.h"

static const unsigned counts[] = {1, 2, 8};

static const struct contender *measured;

static void work(struct member *self)
{
    while (gate.phase == GATE_CLOSED) {
    }
    measured->contend(self);
}

static void sample(const struct plan *plan, unsigned count)
{
    uint64_t pairs = 0;
    gate_close(0, 0);
    crew_start(measured->place, count, measured->reset, work);
    double seconds = gate_open(plan->quick ? 0.005 : 0.06, 0);
    crew_wait();
    for (unsigned i = 0; i < count; i++) {
        pairs += crew_member(i)->pairs;
    }
    result_add("lists", measured->name, count, "M/s", (double)pairs / seconds / 1e6);
}

void measure_lists(const struct plan *plan)
{
    for (unsigned c = 0; c < sizeof(counts) / sizeof(counts[0]) && counts[c] <= plan->processors; c++) {
        for (unsigned round = 0; round < (plan->quick ? 1 : 5); round++) {
            for (unsigned i = 0; i < contender_count; i++) {
                measured = contenders[i];
                if (measured->family == LIST && plan_has(plan, measured)) {
                    sample(plan, counts[c]);
                }
            }
        }
    }
}
