/*
 * plain.h - the scenario `plain`: a driver that only has DriverEntry.
 */
#ifndef UNDIS_SCENARIO_PLAIN_H
#define UNDIS_SCENARIO_PLAIN_H

#include <stdbool.h>

/*
 * Lets what DriverEntry started (threads, timers, work items, DPCs) run to its end.  Returns false when
 * something still could run after limit_seconds (0: the default): the driver is unloaded all the same, since
 * a thread that serves until DriverUnload stops it never ends by itself.  PASSIVE_LEVEL, in a system
 * thread of the simulated machine.
 */
bool plain_run(double limit_seconds);

#endif
