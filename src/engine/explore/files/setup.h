/*
 * setup.h - what a search was run on: the drivers by build id, the scenario and the options that decide what
 * an execution is.  Schedules and units begin with it, so that they are run on the same again or refused.
 */
#ifndef UNDIS_ENGINE_EXPLORE_SETUP_H
#define UNDIS_ENGINE_EXPLORE_SETUP_H

#include "engine/explore/files/sealed.h"

#include <stdio.h>

#define SETUP_DRIVERS 16
#define SETUP_PROCESSORS 64
#define SETUP_REGISTRY 64
#define BUILD_ID_SIZE 65

struct setup {
    unsigned driver_count;
    char *driver_path[SETUP_DRIVERS]; /* as given */
    char build_id[SETUP_DRIVERS][BUILD_ID_SIZE];
    char undis[BUILD_ID_SIZE]; /* of libundis itself */
    char scenario[64];
    unsigned processors;
    uint64_t seed;
    uint64_t frames;
    unsigned interrupts;            /* as scenario_options.interrupts; written unless it is 0, the line */
    char *registry[SETUP_REGISTRY]; /* KEY=VALUE; written if there are any */
    unsigned registry_count;
    char *pcap; /* NULL: none */
    char pcap_id[BUILD_ID_SIZE];
    bool tso;
    bool all_accesses;
    bool anywhere; /* written if set */
    unsigned ticks, failures, migrations;
    uint32_t steps; /* 0: no limit but the search's */
};

void setup_free(struct setup *setup);

/* Copies paths; looks up the build ids.  False with one line in `error`. */
bool setup_add_driver(struct setup *setup, const char *path, char *error, size_t error_size);
bool setup_set_pcap(struct setup *setup, const char *path, char *error, size_t error_size);
void setup_set_undis(struct setup *setup);
/* Copies it.  False when memory is short, or there are too many. */
bool setup_add_registry(struct setup *setup, const char *text);

void setup_write(FILE *out, const struct setup *setup);

/* True: the line is one that setup_write writes; then *good says whether it could be taken, or was complained
 * of in the file. */
bool setup_read(struct setup *setup, struct sealed *file, char *line, bool *good);
/* When all lines are read: is everything there?  Complains in the file. */
bool setup_whole(const struct setup *setup, struct sealed *file);

/*
 * Puts other paths in the place of those in the file (count 0: leaves them), then checks that the files there
 * are the ones that were meant.  `name` begins the message.
 */
bool setup_check(struct setup *setup, const char *name, unsigned count, char *const *paths, char *error,
                 size_t error_size);

/* The GNU build id of an ELF file, or 16 digits of a checksum of a file that has none. */
bool build_id_of(const char *path, char id[BUILD_ID_SIZE], char *error, size_t error_size);

#endif
