/*
 * engine.h - the one interface through which ke reaches the engine (design contract 2).
 *
 * ke decides what may happen; the engine decides what happens next and how a processor waits.  All
 * members are called on a processor unless they say otherwise.
 */
#ifndef UNDIS_KE_ENGINE_H
#define UNDIS_KE_ENGINE_H

#include "ke/processor.h"

enum choice_kind {
    CHOICE_ORDER,     /* which of several ready things goes first */
    CHOICE_IRQL,      /* NDIS may call at PASSIVE_LEVEL or DISPATCH_LEVEL */
    CHOICE_TIMING,    /* now or later */
    CHOICE_CHAIN,     /* how many in one chain */
    CHOICE_PLACEMENT, /* which processor takes an interrupt, DPC, thread */
    CHOICE_FAILURE,   /* 0 = succeed */
    CHOICE_DEVICE,    /* a device's answer */
};

struct ke_engine {
    const char *name;
    /* Nanoseconds since the run began, of the engine's clock. */
    uint64_t (*now)(void);
    /* `processor` has something pending; make it look.  Any host thread. */
    void (*kick)(struct ke_processor *processor);
    /* Nothing to run here: return when `processor->wake` is no longer `seen` or something may have come up. */
    void (*idle)(struct ke_processor *processor, uint32_t seen);
    /* The lock word is taken: return when it may be free.  Interrupts above the present IRQL go on. */
    void (*lock_wait)(volatile uint32_t *word, unsigned attempt);
    void (*lock_wake)(volatile uint32_t *word);
    /* A timer now falls due at `due` (engine's clock), the earliest of all; UINT64_MAX: none. */
    void (*timer_due)(uint64_t due);
    /* One of 0 .. count-1.  The free-running engine draws it from the run's seed. */
    unsigned (*choose)(enum choice_kind kind, unsigned count);
};

extern const struct ke_engine *ke_engine;

static inline unsigned ke_choose(enum choice_kind kind, unsigned count)
{
    return count < 2 ? 0 : ke_engine->choose(kind, count);
}

#endif
