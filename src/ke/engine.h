/*
 * engine.h - the one interface through which ke reaches the engine (design contract 2).
 *
 * ke decides what may happen; the engine decides what happens next and how a processor waits.  All
 * members are called on a processor unless they say otherwise.
 */
#ifndef UNDIS_KE_ENGINE_H
#define UNDIS_KE_ENGINE_H

#include "ke/processor.h"
#include "ke/step.h"

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
    /* Before the processors start, and after they have ended or were frozen.  Outside the machine. */
    void (*start)(uint64_t seed);
    void (*stop)(void);
    /* Nanoseconds since the run began, of the engine's clock. */
    uint64_t (*now)(void);
    /* `processor` has something pending; make it look.  Any host thread. */
    void (*kick)(struct ke_processor *processor);
    /* An idle processor has a thread to run: its `wake` was changed.  Any host thread. */
    void (*wake)(struct ke_processor *processor);
    /* Nothing to run here: return when `processor->wake` is no longer `seen` or something may have come up.
     */
    void (*idle)(struct ke_processor *processor, uint32_t seen);
    /* A lock word has the value `expected`: return when it may have changed, or after timeout_ns.  Interrupts
       above the present IRQL go on meanwhile. */
    void (*lock_wait)(volatile uint32_t *word, uint32_t expected, uint64_t timeout_ns);
    /* Lets one waiter of that word look again. */
    void (*lock_wake)(volatile uint32_t *word);
    /* The earliest timer is due at `due` (engine's clock); UINT64_MAX: there is none.  Under the dispatcher
     * guard. */
    void (*timer_due)(uint64_t due);
    /* A thread is ready and no processor idles: quanta must be timed.  Under the dispatcher guard. */
    void (*thread_waits)(void);
    /* One of 0 .. count-1.  The free-running engine draws it from the run's seed. */
    unsigned (*choose)(enum choice_kind kind, unsigned count);

    /*
     * The rest only an engine has that decides about every step (ke_stepping, step.h); NULL otherwise.
     */
    /* Returns when the running actor's step is to be taken. */
    void (*step)(const struct op *op);
    /* A thread was made, or its wait has ended: it can go on.  Under the dispatcher guard. */
    void (*thread_ready)(struct _KTHREAD *thread);
    /* The running thread waits or has ended: returns when thread_ready was called for it.  Under the
       dispatcher guard, which is left meanwhile. */
    void (*thread_block)(struct _KTHREAD *thread);
    /* The running thread's affinity excludes its processor; it goes on on another one.  <= APC_LEVEL. */
    void (*thread_move)(struct _KTHREAD *thread);
    /* A DPC was queued or a line raised that was not: its next OP_ENTER has become possible.  `queue`: what
       it was queued behind, NULL: nothing. */
    void (*entry_possible)(const volatile void *object, const volatile void *queue);
    /* Something was taken back out of that queue. */
    void (*entry_withdrawn)(const volatile void *queue);
    /* And this was behind it. */
    void (*entry_sooner)(const volatile void *object);
    /* The machine was stopped. */
    void (*freeze)(void) __attribute__((noreturn));
    /* What is running now is of no interest any more: ends the execution. */
    void (*abandon)(void) __attribute__((noreturn));
    /* Returns when *word == value. */
    void (*await)(const volatile uint32_t *word, uint32_t value);
    /* What follows is not explored: whoever can go on first does, every choice is 0.  Before anything has
       been explored: up to the next `settle`, which must come.  After a `settle`: to the end of the
       execution. */
    void (*unexplored)(void);
    /* Returns when nothing else can go on by itself (ke_settle). */
    void (*settle)(void);
    /* Returns when those threads have ended: a join that nothing else can come of. */
    void (*join)(struct _KTHREAD *const *threads, unsigned count);
    /* A memory barrier. */
    void (*fence)(void);
    /* Busy waiting for that long. */
    void (*stall)(uint64_t nanoseconds);
};

/* The engine of this run; the free-running one unless somebody chose another before ke_run. */
extern const struct ke_engine *ke_engine;

/* Shall this allocation, mapping or registration fail?  Only an engine that decides about every step says so.
 */
static inline bool ke_fails(void)
{
#if UNDIS_CHECKED
    return __builtin_expect(ke_stepping, 0) && ke_engine->choose(CHOICE_FAILURE, 2) != 0;
#else
    return false;
#endif
}

static inline unsigned ke_choose(enum choice_kind kind, unsigned count)
{
    return count < 2 ? 0 : ke_engine->choose(kind, count);
}

#endif
