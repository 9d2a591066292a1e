/*
 * scenario.h - the life a driver is put through.
 */
#ifndef UNDIS_SCENARIO_SCENARIO_H
#define UNDIS_SCENARIO_SCENARIO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct scenario_options {
    const char *name; /* NULL: "life" for a driver with a miniport, "plain" for one with only DriverEntry */
    unsigned processors;
    uint64_t seed;
    uint64_t frames;             /* each way */
    unsigned interrupts;         /* enum device_signalling: what the network interface is granted */
    const char *pcap;            /* frames to send and to receive; NULL: built-in frames */
    const char *pcap_out;        /* what went over the wire, both ways; NULL: none */
    const char *const *registry; /* "KEY=VALUE", what an adapter's key in the registry has */
    unsigned registry_count;
    double watchdog_seconds; /* 0: default */
    double timeout_seconds;  /* 0: default */
    unsigned driver_count;
    const char *const *drivers; /* paths, lowest first */
    void (*progress)(const char *step, uint64_t done,
                     uint64_t total); /* may be NULL; called on a host thread */
};

struct scenario_result {
    bool ran;     /* false: `error` says in one line why not */
    bool stopped; /* a bug check stopped the machine */
    bool failed;  /* not ran, and that is no fault of the input: undis itself could not go on */
    char error[8192];
    bool defect; /* ran until the scenario saw the driver break what it checks; `error` says what */
    const char *inconclusive; /* ran, but does not say much: why; NULL otherwise */
    const char *scenario;
    uint64_t frames_sent, frames_received, frames_dropped;
    double seconds;         /* of the whole run */
    double traffic_seconds; /* of the part in which frames flowed */
};

/* Runs the drivers through a scenario on the free-running engine.  Called on the main host thread, once a
 * process. */
void scenario_run(const struct scenario_options *options, struct scenario_result *result);

/*
 * The same in parts, for an engine that runs the machine itself:
 *
 * scenario_prepare loads the drivers: on the main host thread, once a process.  False: `result` says why.
 * `options` must outlive the run.  scenario_body then runs in the machine's system thread, at PASSIVE_LEVEL
 * on processor 0, from the first DriverEntry to the last DriverUnload.  scenario_collect gives, after each
 * execution, what that left behind in the machine's memory: `ran`, `defect` and `error` are as scenario_run
 * leaves them; `stopped` and `seconds` are the caller's to fill in.
 *
 * All that the body writes lies in the machine's memory, so it is put back with the machine.
 */
bool scenario_prepare(const struct scenario_options *options, struct scenario_result *result);
/* An address in each image that scenario_prepare loaded, for machine_options; returns how many. */
unsigned scenario_images(const void **addresses, unsigned room);
void scenario_body(void *unused);
void scenario_collect(struct scenario_result *result);

/*
 * The scenarios that `undis explore` runs one after another when none is named, in *names, which has room for
 * scenario_count: those for a miniport, `program` when a file exports undis_scenario, else `plain`.  Looks at
 * the files only (their symbols), so each scenario can then have a process of its own.  Returns how many; 0
 * when a file is no driver: then `error` has one line.
 */
size_t scenario_choose(const struct scenario_options *options, const char **names, char *error,
                       size_t error_size);

/* May the files be run by the explored engine?  Looks at them only.  False: why not, in one line. */
bool scenario_explorable(const struct scenario_options *options, char *error, size_t error_size);

struct scenario {
    const char *name;
    const char *summary; /* one line for --help */
    bool explored;       /* fit for the explored engine: a closed life without frames to count */
    unsigned ticks;      /* how often virtual time should go on there while something else could run */
};
extern const struct scenario scenarios[];
extern const size_t scenario_count;
const struct scenario *scenario_find(const char *name); /* NULL: there is none of that name */

/* ---- driver images (load.c) -------------------------------------------------------------------- */

struct driver_image {
    const char *path;
    char name[64]; /* file name without .so */
    void *handle;
    const void *base, *end;
    struct pageable_code *pageable; /* what may be paged out of it (ke/pageable.h) */
    size_t pageable_count;
    long (*entry)(void *driver_object, void *registry_path); /* NULL: a program without DriverEntry */
    void (*scenario)(void); /* undis_scenario, or NULL: no program (include/undis/explore.h) */
};

/* Checks and maps a driver; on failure writes one line into error.  Lists every unresolved import. */
bool driver_image_load(struct driver_image *image, const char *path, char *error, size_t error_size);

#endif
