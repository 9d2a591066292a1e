/*
 * mutex.h - what the locks that threads own tell the verifier: fast and guarded mutexes, KMUTEX, resources,
 * push locks.
 */
#ifndef UNDIS_KE_MUTEX_H
#define UNDIS_KE_MUTEX_H

#include "ke/event.h"

/* False: the verifier objects (the thread waits for itself); the caller goes on as if it had acquired it.
 * `tries`: it would not wait. */
static inline bool mutex_may_acquire(const volatile void *mutex, enum mutex_kind kind, bool shared,
                                     bool tries)
{
    return !event_send(EVENT_MUTEX_ACQUIRE, (const void *)(uintptr_t)mutex, kind, shared, tries, 0);
}

static inline void mutex_acquired(const volatile void *mutex, enum mutex_kind kind, bool shared)
{
    event_send(EVENT_MUTEX_ACQUIRED, (const void *)(uintptr_t)mutex, kind, shared, 0, 0);
}

/* The calling thread's exclusive hold has become a shared one. */
static inline void mutex_shared_from_now_on(const volatile void *mutex, enum mutex_kind kind)
{
    event_send(EVENT_MUTEX_CONVERTED, (const void *)(uintptr_t)mutex, kind, 1, 0, 0);
}

/* False: the verifier objects (the thread does not own it); nothing is released. */
static inline bool mutex_may_release(const volatile void *mutex, enum mutex_kind kind, PKTHREAD owner)
{
    return !event_send(EVENT_MUTEX_RELEASE, (const void *)(uintptr_t)mutex, kind, 0, (uintptr_t)owner, 0);
}

/* For the verifier: gives back, without a word to anybody, a KMUTEX that its owner will never release. */
void ke_mutex_abandon(PRKMUTEX mutex);

#endif
