/*
 * schedule.h - one execution as a file (explore.md C8; docs/schedules.md).
 *
 * A schedule names the drivers by build id, the scenario and its options, and lists the forced switches and
 * the choices of an execution that otherwise follows the default rule: stay on the actor, else the lowest
 * enabled one.  So it replays identically wherever the files are the same, and nothing in it is an address.
 */
#ifndef UNDIS_ENGINE_EXPLORE_SCHEDULE_H
#define UNDIS_ENGINE_EXPLORE_SCHEDULE_H

#include "engine/explore/search.h"

#define SCHEDULE_DRIVERS 16
#define SCHEDULE_SWITCHES 65536
#define SCHEDULE_CHOICES 65536

struct schedule {
    unsigned driver_count;
    char *driver_path[SCHEDULE_DRIVERS]; /* as given when it was saved */
    char build_id[SCHEDULE_DRIVERS][65]; /* hexadecimal */
    char scenario[64];
    unsigned processors;
    uint64_t seed;
    unsigned frames;
    bool tso;
    unsigned ticks;
    struct search_switch *switches;
    size_t switch_count;
    uint16_t *choices;
    size_t choice_count;
    uint64_t class_hash; /* of the execution, to tell whether a replay is the same; 0: unknown */
    char rule[64];       /* the finding expected, "" for none */
    char site[128];      /* module+offset of its call site */
};

/* Both tell in `error` what is wrong, in one line naming file and line.  Reads any bytes safely. */
bool schedule_read(struct schedule *schedule, const char *path, char *error, size_t error_size);
bool schedule_write(const struct schedule *schedule, const char *path, char *error, size_t error_size);
void schedule_free(struct schedule *schedule);

/* The guide that makes a SEARCH_GUIDED execution follow it. */
struct search_guide schedule_guide(const struct schedule *schedule);

#endif
