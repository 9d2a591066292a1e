/*
 * library.h - a shared library of its own: what calling one costs.
 */
#ifndef UNDIS_BENCH_LIBRARY_H
#define UNDIS_BENCH_LIBRARY_H

void library_nothing(void);

/* The simplest spin lock. */
void library_reset(void);
void library_acquire(void);
void library_release(void);

#endif
