/*
 * gate.h - something of NDIS's own that one thread waits for and others tell once.
 *
 * An event would do, and is what is used on the free-running engine.  On the explored one it would be tried
 * in both orders, wait first and tell first, which differ in nothing: so the wait is a step there that
 * cannot be taken before the gate is open.
 */
#ifndef UNDIS_NDIS_GATE_H
#define UNDIS_NDIS_GATE_H

#include "ke/engine.h"
#include "ke/step.h"

struct ndis_gate {
    KEVENT event;
    volatile uint32_t open;
};

void ndis_gate_initialize(struct ndis_gate *gate);
/* By whoever will wait, before anybody can tell. */
void ndis_gate_close(struct ndis_gate *gate);
/* False: it was open already.  <= DISPATCH_LEVEL. */
bool ndis_gate_open(struct ndis_gate *gate);
/* Returns when it is open.  PASSIVE_LEVEL; one thread at a time. */
void ndis_gate_wait(struct ndis_gate *gate);

#endif
