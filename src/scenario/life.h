/*
 * life.h - the scenario `life`: a miniport's adapter through every legal edge of its state table.
 *
 * body.c runs each DriverEntry and, after life_run, each DriverUnload; life_run is the part
 * in between: it gives the miniport an adapter with a device on the bus, binds the scripted protocol to it,
 * walks the states with traffic in flight, and takes the adapter away again, twice (halt, surprise removal).
 *
 * What is not guaranteed: a miniport without hardware decides for itself what becomes of a frame, so for such
 * a driver only the completion of sends and the return of receives is checked, not the contents of a wire.
 */
#ifndef UNDIS_SCENARIO_LIFE_H
#define UNDIS_SCENARIO_LIFE_H

#include "dev/capture.h"

#include <wdm.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct life {
    /* Filled in by the caller. */
    uint64_t frames;               /* to pass each way */
    const struct capture *traffic; /* what to send and to receive, again and again; NULL: built-in frames */
    unsigned interrupts;           /* enum device_signalling */
    const char *pcap_out;          /* file for what crosses the wire; NULL: none */
    DRIVER_OBJECT *driver;         /* the miniport's, after a successful DriverEntry */
    const char *driver_name;
    double timeout_seconds; /* 0: a generous limit from the number of frames */
    bool crash;             /* life_run_to_shutdown: by a bug check */
    void (*progress)(const char *step, uint64_t done,
                     uint64_t total); /* may be NULL; not on a processor's stack */
    /* Filled in by life_run. */
    bool ran;    /* false: `error` says why the life could not be completed */
    bool defect; /* and it is the driver's doing: reported as AssertionFailed */
    char error[256];
    const char *inconclusive; /* the driver was not called as it should be: why; NULL otherwise */
    uint64_t frames_sent;     /* given to the miniport and completed with success */
    uint64_t frames_received; /* indicated by the miniport */
    uint64_t frames_dropped;  /* lost without a documented reason */
    double traffic_seconds;
    const char *last_step; /* the step that it was in; for a message when the machine stops */
};

/* True when that driver registered a miniport: then `life` is its scenario. */
bool life_applies(const DRIVER_OBJECT *driver);

/* Walks the life.  PASSIVE_LEVEL, in a system thread of the simulated machine. */
void life_run(struct life *life);

/* Ends in MiniportShutdownEx instead: afterwards nothing of the driver may be called, its DriverUnload
 * neither. */
void life_run_to_shutdown(struct life *life);

#endif
