/*
 * small.h - small closed lives of a miniport, for the explored engine: two threads on two processors do to
 * one adapter what NDIS may do to it at the same time, with a frame or two.
 *
 * Each life has an adapter with a unic interface on the bus, set up before anything is explored, and a
 * protocol above it that sends one NET_BUFFER_LIST with one frame at a time.  What NDIS leaves open is a
 * choice.  What must hold for every driver is looked at: each send is completed once, with success only if
 * its frame was on the wire, a cancelled one was not there; nothing is indicated that was never offered;
 * nothing is outstanding when a pause is over.  What does not hold is the finding AssertionFailed.
 *
 * A miniport without hardware gets a second adapter, and what one sends the other may receive.
 */
#ifndef UNDIS_SCENARIO_SMALL_H
#define UNDIS_SCENARIO_SMALL_H

#include <wdm.h>

#include <stdbool.h>
#include <stddef.h>

/* The name of one of these lives? */
bool small_knows(const char *name);

/*
 * Lives it, with the driver's miniport; `interrupts` is an enum device_signalling.  PASSIVE_LEVEL, in a
 * system thread.  False: the life could not be begun; `error` says why in one line.
 */
bool small_run(const char *name, DRIVER_OBJECT *driver, const char *driver_name, unsigned interrupts,
               char *error, size_t error_size);

#endif
