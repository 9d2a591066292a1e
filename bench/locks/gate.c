/*
 * gate.c - a round of a contended measure.
 */
#include "gate.h"

struct gate gate;

void gate_close(unsigned length, unsigned writes)
{
    gate.phase = GATE_CLOSED;
    gate.length = length;
    gate.writes = writes;
    for (unsigned i = 0; i < 4; i++) {
        gate.counters[i] = 0;
    }
}

static void pause_for(double seconds)
{
    struct timespec pause = {.tv_sec = (time_t)seconds,
                             .tv_nsec = (long)((seconds - (double)(time_t)seconds) * 1e9)};
    while (nanosleep(&pause, &pause) != 0) {
    }
}

void gate_warm(double seconds)
{
    gate.phase = GATE_COUNTING;
    pause_for(seconds);
}

double gate_open(double counting, double timing)
{
    uint64_t begin = gate_now();
    gate.phase = GATE_COUNTING;
    pause_for(counting);
    gate.phase = timing > 0 ? GATE_TIMING : GATE_OVER;
    uint64_t end = gate_now();
    if (timing > 0) {
        pause_for(timing);
        gate.phase = GATE_OVER;
    }
    return (double)(end - begin) / 1e9;
}

bool gate_excluded(uint64_t sections)
{
    return gate.counters[0] == sections && gate.counters[1] == sections && gate.counters[2] == sections;
}
