/*
 * lock_order.h - what the lock order rule keeps of each lock, and what it tells others.
 */
#ifndef UNDIS_VERIFIER_LOCK_ORDER_H
#define UNDIS_VERIFIER_LOCK_ORDER_H

#include "verifier/order_graph.h"

/* What lock is behind an address, order_lock.c.  Keys are graph_node's. */
struct order_names {
    uint64_t class_key; /* of all locks that were made at the same place, by the same way to it */
    uint64_t own_key;   /* of this one */
};
struct order_names order_names_of(const void *lock);

#define ORDER_OUTER 6 /* locks held around an acquisition that are looked at, the newest first */

struct order_outer {
    const void *lock;
    bool shared;
    bool outside; /* it was acquired in an outer callback */
    struct stack_trace acquired;
};

/* lock_order.c.  The event's object has been acquired, by who waited for it while these were held. */
void lock_order_learn(struct event *event, const struct order_outer *outer, unsigned count, bool shared);

/* Are both in one circle of which there is a finding?  Never so on the explored engine, which
 * reports circles at the end of the search only. */
bool lock_order_is_reported(const void *a, const void *b);

#endif
