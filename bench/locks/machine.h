/*
 * machine.h - what the figures were measured on.
 */
#ifndef UNDIS_BENCH_MACHINE_H
#define UNDIS_BENCH_MACHINE_H

struct machine {
    char model[128];
    unsigned cores;
    double load; /* runnable threads, over the last minute */
};

void machine_look(struct machine *machine);

#endif
