/*
 * schedule.h - one execution as a file (explore.md C8; docs/schedules.md).
 *
 * A schedule names the drivers by build id, the scenario and its options, and lists the forced switches and
 * the choices of an execution that otherwise follows the default rule: stay on the actor, else the lowest
 * enabled one.  So it replays identically wherever the files are the same.  Steps are counted, and which
 * accesses are steps depends on what memory is known to be shared: that list is part of the schedule.
 */
#ifndef UNDIS_ENGINE_EXPLORE_SCHEDULE_H
#define UNDIS_ENGINE_EXPLORE_SCHEDULE_H

#include "engine/explore/search/search.h"
#include "engine/explore/files/setup.h"

#define SCHEDULE_SWITCHES 65536
#define SCHEDULE_CHOICES 65536
#define SCHEDULE_SITE 128

struct schedule {
    struct setup setup;
    struct search_switch *switches;
    size_t switch_count;
    char **notes; /* for people, one for each switch; NULL: none.  Not read back. */
    uint16_t *choices;
    size_t choice_count;
    char *shared;             /* the lines of machine_shared_write; NULL: none */
    uint64_t class_hash;      /* of the execution, to tell whether a replay is the same; 0: unknown */
    char rule[64];            /* the finding expected, "" for none */
    char site[SCHEDULE_SITE]; /* module+offset of its call site, "" for none */
};

/* Both tell in `error` what is wrong, in one line naming the file, and the line where there is one.  Reading
 * takes any bytes. */
bool schedule_read(struct schedule *schedule, const char *path, char *error, size_t error_size);
bool schedule_parse(struct schedule *schedule, const char *path, const void *data, size_t size, char *error,
                    size_t error_size);
bool schedule_write(const struct schedule *schedule, const char *path, char *error, size_t error_size);
void schedule_free(struct schedule *schedule);

#endif
