/*
 * gate.c - waiting until one is told (contract in gate.h).
 */
#include "ndis/gate.h"

#include "ke/observer.h"

void ndis_gate_initialize(struct ndis_gate *gate)
{
    KeInitializeEvent(&gate->event, NotificationEvent, FALSE);
    gate->open = 0;
}

void ndis_gate_close(struct ndis_gate *gate)
{
    if (ke_engine->await == NULL) {
        KeClearEvent(&gate->event);
    }
    gate->open = 0;
}

bool ndis_gate_open(struct ndis_gate *gate)
{
    KE_STEP(ke_step_memory(OP_UPDATE, OP_ATOMIC | OP_LIBRARY, &gate->open, sizeof gate->open, 0, 0));
    ke_releases(gate);
    bool was_open = __atomic_exchange_n(&gate->open, 1, __ATOMIC_SEQ_CST) != 0;
    if (ke_engine->await == NULL) {
        KeSetEvent(&gate->event, IO_NO_INCREMENT, FALSE);
    }
    return !was_open;
}

void ndis_gate_wait(struct ndis_gate *gate)
{
    if (ke_engine->await != NULL) {
        ke_engine->await(&gate->open, 1);
    } else {
        KeWaitForSingleObject(&gate->event, Executive, KernelMode, FALSE, NULL);
    }
    ke_acquires(gate);
}
