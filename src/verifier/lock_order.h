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

/* order_interrupt.c.  The interrupt spin locks that a processor holds. */
bool order_interrupts_any(unsigned processor);
void order_interrupt_push(const struct event *event, unsigned processor);
void order_interrupt_pop(const void *lock, unsigned processor);
/* All but that one, the newest first, at most `room`.  One whose stack is empty is held by the system, which
 * calls its service routine. */
unsigned order_interrupts_held(const void *but, unsigned processor, struct order_outer *outer, unsigned room);
/* The processor that holds it, -1 for none.  acquired may be NULL. */
int order_interrupt_owner(const void *lock, struct stack_trace *acquired);

/* Are both in one circle of which there is a finding?  Never so on the explored engine, which
 * reports circles at the end of the search only. */
bool lock_order_is_reported(const void *a, const void *b);

#endif
