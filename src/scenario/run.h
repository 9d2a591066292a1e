/*
 * run.h - between run.c (a scenario from outside of the machine) and body.c (from inside).
 */
#ifndef UNDIS_SCENARIO_RUN_H
#define UNDIS_SCENARIO_RUN_H

#include "scenario/life.h"
#include "scenario/scenario.h"

struct run {
    /* Made before the machine is, and only read in it. */
    const struct scenario_options *options;
    struct driver_image *images;
    struct capture capture;
    /* What the body leaves behind. */
    struct scenario_result outcome;
    PDRIVER_OBJECT *objects; /* per image; NULL: not started, or unloaded again */
    struct life life;
    bool in_life;
    bool shut_down; /* nothing of the drivers may be called any more */
};

/* The one run of the process, in the machine's memory. */
extern struct run scenario_the_run;

/* Why the run that is over says nothing; NULL: it does. */
const char *body_inconclusive(const struct run *run);

#endif
