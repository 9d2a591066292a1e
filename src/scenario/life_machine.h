/*
 * life_machine.h - what the scenarios around a miniport's life are made of: the bus, the wire, a neighbour on
 * the interrupt line, the adapter and the scripted protocol on it.
 */
#ifndef UNDIS_SCENARIO_LIFE_MACHINE_H
#define UNDIS_SCENARIO_LIFE_MACHINE_H

#include "scenario/life.h"
#include "scenario/stack.h"

/* Another device on the same line, which interrupts on its own account (IN-8). */
struct neighbour {
    struct ke_interrupt interrupt;
    struct ke_line *line;
    volatile bool raised, stop;
    volatile LONG served; /* interrupts that were the neighbour's */
    volatile LONG asked;  /* calls of its service routine */
    struct _KTHREAD *thread;
};

struct life_machine {
    struct life *life;
    struct ndis_miniport_driver *driver;
    struct capture builtin;
    const struct capture *capture;
    struct wire *wire;
    struct device *device;
    struct neighbour neighbour;
    struct ndis_adapter *adapter;
    struct stack stack;
    uint64_t begin; /* of the present traffic */
    /* A second adapter, for a miniport without hardware: such adapters usually talk to each other. */
    struct ndis_adapter *peer;
    struct stack peer_stack;
};

/* NULL with life->error set. */
struct life_machine *machine_create(struct life *life);
/* Takes everything down from whatever state it is in. */
void machine_destroy(struct life_machine *m);

/* Names the step that begins. */
void machine_step(struct life_machine *m, const char *step);
/* All return false: machine_fail (the life cannot go on) and machine_defect (and that is the driver's doing)
 * always, machine_check when `fault` is not NULL or the miniport broke a promise: also a defect. */
bool machine_fail(struct life_machine *m, const char *why);
bool machine_defect(struct life_machine *m, const char *why);
bool machine_check(struct life_machine *m, const char *fault);

bool machine_plug_in(struct life_machine *m);
void machine_pull_out(struct life_machine *m);
/* MiniportInitializeEx, then the scripted protocol binds. */
bool machine_bring_up(struct life_machine *m);
bool machine_restart(struct life_machine *m);

/* Passes frames each way, lossless; `beside` is called every few milliseconds meanwhile. */
bool machine_pass_frames(struct life_machine *m, uint64_t frames, void (*beside)(struct life_machine *m));
void machine_toggle_interrupts(struct life_machine *m);
/* What is still on its way arrives. */
void machine_settle(struct life_machine *m);
/* Waits until traffic makes no more progress. */
void machine_wait_idle(struct life_machine *m);
/* Starts to pass frames each way; machine_end_traffic must follow. */
bool machine_start_traffic(struct life_machine *m, uint64_t frames);
/* Stops the traffic, waits until nothing is in flight, counts and compares. */
bool machine_end_traffic(struct life_machine *m, enum traffic_kind kind);

void machine_sleep(unsigned microseconds);

#endif
