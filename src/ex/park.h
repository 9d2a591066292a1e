/*
 * park.h - threads that wait for a lock of theirs to be handed over: under resources and push locks.
 *
 * A lock's state changes under one guard.  Who cannot have it yet parks there and then waits; who releases
 * grants the lock to others on their behalf, under the guard, and wakes them when he has left it.
 */
#ifndef UNDIS_EX_PARK_H
#define UNDIS_EX_PARK_H

#include "ke/processor.h"

struct ex_parked {
    LIST_ENTRY link;
    const volatile void *lock;
    bool shared;
    PKTHREAD thread;
    KEVENT granted;
};

extern struct ke_guard ex_park_guard;

/* Under the guard: the calling thread is one of those that want the lock, the last of them. */
void ex_park(struct ex_parked *parked, const volatile void *lock, bool shared);
/* Under the guard: takes out the first that wants the lock so, NULL for none; he is granted it. */
struct ex_parked *ex_park_take(const volatile void *lock, bool shared);
bool ex_park_wants(const volatile void *lock, bool shared);
/* Outside the guard, <= APC_LEVEL: returns when it has been granted. */
void ex_park_wait(struct ex_parked *parked);

/* Those that were granted a lock and are to be woken. */
struct ex_granted {
    struct ex_parked *first;
};
void ex_granted_add(struct ex_granted *granted, struct ex_parked *parked); /* under the guard */
void ex_granted_wake(struct ex_granted *granted);                          /* outside it */

#endif
