/*
 * rwspin.h - EX_SPIN_LOCK on the explored engine, which knows exclusive lock words only.
 *
 * Beside each lock that is used there is a word for every processor and one for writers.  A processor's first
 * reader takes that processor's word; a writer takes the writers' word and then every processor's.  So
 * readers exclude a writer and not each other, and a waiting writer keeps new readers out, as the real lock
 * does.
 */
#ifndef UNDIS_EX_RWSPIN_H
#define UNDIS_EX_RWSPIN_H

#include <stdint.h>

/* At DISPATCH_LEVEL, under ke_stepping. */
void rwspin_explored_acquire_shared(const volatile uint32_t *lock);
void rwspin_explored_release_shared(const volatile uint32_t *lock);
void rwspin_explored_acquire_exclusive(const volatile uint32_t *lock);
void rwspin_explored_release_exclusive(const volatile uint32_t *lock);

#endif
