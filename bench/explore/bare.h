/*
 * bare.h - the naive switch loop: what an execution would cost if it were nothing but its switches.
 */
#ifndef UNDIS_BENCH_EXPLORE_BARE_H
#define UNDIS_BENCH_EXPLORE_BARE_H

/* Nanoseconds of one switch between coroutines that do nothing else: the median of many rounds. */
double bare_switch_ns(void);

#endif
