/*
 * pair.c - what a pair costs when nobody else wants the lock.
 */
#include "contender.h"
#include "measures/measure.h"
#include "results.h"

#define WARM_UP 2000u
#define FIGHT_SECONDS 0.002

static const struct contender *measured;
static unsigned pairs_a_sample;

static const char *const names[FAMILIES] = {
    [SPIN_LOCK] = "pair", [RW_LOCK] = "read pair", [LIST] = "pop and push", [CALL] = "call"};
static double nanoseconds;

static void work(struct member *self)
{
    (void)self;
    measured->pairs(WARM_UP);
    uint64_t begin = gate_now();
    measured->pairs(pairs_a_sample);
    nanoseconds = (double)(gate_now() - begin) / pairs_a_sample;
}

static void fight(struct member *self)
{
    while (gate.phase == GATE_CLOSED) {
    }
    measured->contend(self);
}

static void sample(const struct contender *contender, bool shared)
{
    measured = contender;
    if (shared) {
        gate_close(0, 0);
        crew_start(contender->place, 2, contender->reset, fight);
        gate_open(FIGHT_SECONDS, 0);
        crew_wait();
    }
    crew_start(contender->place, 1, shared ? NULL : contender->reset, work);
    crew_wait();
    result_add(shared ? "pair shared" : names[contender->family], contender->name, 1, "ns", nanoseconds);
}

void measure_pairs(const struct plan *plan)
{
    unsigned rounds = plan->quick ? 1 : 31;
    pairs_a_sample = plan->quick ? 10000 : 200000;
    for (int shared = 0; shared < 2; shared++) {
        for (unsigned round = 0; round < rounds; round++) {
            for (unsigned i = 0; i < contender_count; i++) {
                if (plan_has(plan, contenders[i]) && (!shared || contenders[i]->family == SPIN_LOCK)) {
                    sample(contenders[i], shared != 0);
                }
            }
        }
    }
}
