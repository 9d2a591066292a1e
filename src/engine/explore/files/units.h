/*
 * units.h - a search in parts, as plain files in one directory (explore.md C9; docs/many-machines.md).
 *
 *   DIR/split               which units there are, and what they were when they were made
 *   DIR/unit-0001           one of them: all that it takes to execute it
 *   DIR/unit-0001.result    what came of it
 *
 * A unit can be executed anywhere and any number of times: its result is always the same and replaces an
 * older one whole.  Results add up to the whole search.
 */
#ifndef UNDIS_ENGINE_EXPLORE_UNITS_H
#define UNDIS_ENGINE_EXPLORE_UNITS_H

#include "engine/explore/files/setup.h"

#include <stdint.h>

#define UNITS_MOST 1000000u

struct unit_file {
    struct setup setup;
    char strategy[16];
    int preemptions;   /* -1: no bound */
    char *shared;      /* the lines of machine_shared_write; NULL: none */
    char *prefix;      /* of search_split; NULL: this unit is the whole search */
    uint64_t checksum; /* of the file: its identity */
};

bool unit_read(struct unit_file *unit, const char *path, char *error, size_t error_size);
bool unit_read_bytes(struct unit_file *unit, const char *path, const void *data, size_t size, char *error,
                     size_t error_size);
/* Fills in the checksum. */
bool unit_write(struct unit_file *unit, const char *path, char *error, size_t error_size);
void unit_free(struct unit_file *unit);

struct unit_result {
    uint64_t unit; /* checksum of the unit */
    char *shared;  /* what the machine had learnt at the end */
    char *part;    /* its part of the report, JSON */
};

bool unit_result_read(struct unit_result *result, const char *path, char *error, size_t error_size);
bool unit_result_read_bytes(struct unit_result *result, const char *path, const void *data, size_t size,
                            char *error, size_t error_size);
bool unit_result_write(const struct unit_result *result, const char *path, char *error, size_t error_size);
void unit_result_free(struct unit_result *result);

struct split_file {
    size_t count;
    uint64_t *units; /* checksums, the first unit's first */
};

bool split_read(struct split_file *split, const char *path, char *error, size_t error_size);
bool split_read_bytes(struct split_file *split, const char *path, const void *data, size_t size, char *error,
                      size_t error_size);
bool split_write(const struct split_file *split, const char *path, char *error, size_t error_size);
void split_free(struct split_file *split);

/* DIR/split, DIR/unit-0001 and so on; malloc'ed, NULL: no memory. */
char *split_path(const char *directory);
char *unit_path(const char *directory, size_t number);
char *unit_result_path(const char *unit);

#endif
