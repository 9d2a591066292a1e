/*
 * undis.h - what a test author includes: start processors, run code on them, look at the findings.
 *
 * Link with `pkg-config --libs undis`.  Include <ndis.h> first when the test also calls the DDI.
 */
#ifndef UNDIS_UNDIS_H
#define UNDIS_UNDIS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct undis_options {
    unsigned processors;     /* 1 to 64; 0: 4 */
    uint64_t seed;           /* of NDIS's free choices; 0: 1 */
    double watchdog_seconds; /* longest stay at DISPATCH_LEVEL or above; 0: 5 */
    double timeout_seconds;  /* longest run; 0: no limit */
};

enum undis_end {
    UNDIS_ENDED,    /* the body returned */
    UNDIS_STOPPED,  /* a bug check stopped the processors; the findings say why */
    UNDIS_NO_MEMORY /* the machine could not be built */
};

/*
 * Starts simulated processors, calls body(argument) in a system thread at PASSIVE_LEVEL on one of them,
 * and returns when it has returned and everything stopped.  `options` may be NULL.  Once a process.
 */
enum undis_end undis_run(const struct undis_options *options, void (*body)(void *argument), void *argument);

enum undis_severity { UNDIS_WARNING, UNDIS_ERROR };

struct undis_finding {
    const char *rule; /* a name of `undis rules` */
    enum undis_severity severity;
    uint32_t bugcheck_code; /* what Windows would show; 0: none */
    uint64_t bugcheck_parameters[4];
    const char *message; /* one line */
    unsigned irql;
    int processor;    /* -1: none */
    unsigned repeats; /* how often it was seen again */
};

/* Findings so far, in the order in which they were made.  Always none in the free build. */
size_t undis_finding_count(void);
const struct undis_finding *undis_finding(size_t index);

/* True in libundis, false in libundis-free. */
bool undis_is_checked(void);

#ifdef __cplusplus
}
#endif
#endif
