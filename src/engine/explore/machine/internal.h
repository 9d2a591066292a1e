/*
 * internal.h - what the files of the explored machine share.
 *
 * `machine` is part of the simulated machine and put back with it; `kept` lasts from one execution to the
 * next.
 */
#ifndef UNDIS_ENGINE_EXPLORE_MACHINE_INTERNAL_H
#define UNDIS_ENGINE_EXPLORE_MACHINE_INTERNAL_H

#include "engine/explore/machine/machine.h"
#include "host/memory.h"
#include "ke/dispatch.h"
#include "ke/engine.h"
#include "ke/observer.h"

#include <string.h>

/* None of this is for other images: calls and variables need no detour. */
#pragma GCC visibility push(hidden)

enum actor_kind { ACTOR_THREAD, ACTOR_DPC, ACTOR_ISR, ACTOR_CLOCK, ACTOR_DEVICE, ACTOR_BUFFER };

enum actor_state {
    ACTOR_ABSENT,
    ACTOR_READY,   /* it runs on to its next step before anything else is decided */
    ACTOR_AT_STEP, /* its next step is known */
    ACTOR_BLOCKED, /* waits in the kernel */
    ACTOR_ENDED,
};

/* What an actor does when it is switched to at a step that is not being taken. */
enum actor_errand { ERRAND_NONE, ERRAND_SHOW_WAIT, ERRAND_SHOW_DEADLOCK, ERRAND_SHOW_LOOP, ERRAND_DONE };

struct spin_read {
    uintptr_t address;
    uint64_t value;
    uint32_t size;
};
#define SPIN_READS 16u

struct actor {
    enum actor_kind kind;
    enum actor_state state;
    enum actor_errand errand;
    struct host_context *context;
    struct host_context own; /* of actors that are no threads */
    struct ke_processor *processor;
    struct _KTHREAD *thread;
    unsigned number; /* of the line or device */
    KIRQL irql;      /* the processor's IRQL byte while this actor is switched out */
    bool resting;    /* no thread: what it would begin with is looked up anew each time */
    KIRQL level;     /* IRQL at which it holds its processor; 0: it does not hold it */
    struct callback_frame *callback;
    unsigned made;   /* actors that it made */
    unsigned placed; /* threads that it gave a processor */
    uint32_t steps;
    uint32_t late_steps; /* of them, in the second half of what an execution may take */
    struct {
        uint64_t hash; /* of registers and stack at the first read of the round */
        uintptr_t pc, address;
        bool rests;                /* it only reads, and nothing that it reads has changed */
        unsigned count;            /* of the reads since it last did something else */
        struct spin_read reads[2]; /* the first ones; the others are in machine.more_reads */
    } spin;
    struct {
        uintptr_t pc, address; /* of one of the accesses that were no step */
        unsigned seen;         /* how often it came again since the last step */
        unsigned count;        /* of such accesses since then */
    } private;
    unsigned lock_count;
    const void *locks[FINDING_LOCKS];
    bool stores; /* --memory tso: it asks for its processor's store buffer for machine.stores[] */
};

/* On three runs of pages: of the first two a restore copies only what the actors that there are have
 * (actors.c). */
#define MACHINE_PAGE 4096
struct machine {
    unsigned count;
    uint32_t ready;    /* bit mask of ACTOR_READY actors */
    uint32_t spinning; /* of those that rest in a loop */
    bool steady;       /* since somebody was picked only a plain access was made */
    unsigned enabled;  /* how many were then */
    uint32_t at_step;  /* of ACTOR_AT_STEP ones */
    uint32_t waiting;  /* of the clock and devices that had something to do when somebody was picked last */
    uint32_t raised;   /* of those that hold their processor at some level */
    unsigned main;
    bool unexplored; /* the rest of this execution is not the search's */
    unsigned value;  /* of the CHOICE that is being taken */
    uint64_t now, next_due;
    unsigned ticks;
    size_t step;
    unsigned failures, migrations; /* that were chosen so far */
    bool abandoned;                /* an actor waits for ever, because undis_assume failed in it */
    const struct op *observed; /* the step taken last: to be told when its actor runs, on its stack; NULL */
    unsigned alone; /* 1 + the actor that comes after everything that was done, with nobody beside it; 0 */
    bool quiet;     /* and nothing can come up, for since then it was not about to do anything */
    bool looked;    /* no DPC was queued and no line raised since services_look */
    struct search_actor view[SEARCH_ACTORS];
    struct actor actors[SEARCH_ACTORS] __attribute__((aligned(MACHINE_PAGE)));
    struct spin_read more_reads[SEARCH_ACTORS][SPIN_READS - 2] __attribute__((aligned(MACHINE_PAGE)));
    struct op stores[SEARCH_ACTORS];
};
extern struct machine machine;

enum machine_phase {
    PHASE_STARTING,  /* the library starts its own threads: nothing to choose */
    PHASE_OPENING,   /* up to the first choice */
    PHASE_AT_CHOICE, /* the moment of the snapshot */
    PHASE_AT_CHECKPOINT,
    PHASE_RUNNING,
};

/* Which actor an index stands for, in every execution. */
struct actor_key {
    uint8_t kind, parent;
    uint16_t ordinal;
    char name[48];
};

struct machine_kept {
    struct host_context engine; /* the main host thread, outside the machine */
    struct machine_options options;
    enum machine_phase phase;
    enum search_end end;
    struct search *search;
    uint32_t checkpoint_due; /* the execution stops before this step to take one; 0: no */
    machine_trace *trace;
    void *trace_argument;
    bool grew;
    bool saw_access;
    bool forced_tick_cap;  /* virtual time was not let go on for ever */
    bool time_stood_still; /* it could have gone on earlier, and had done so as often as was allowed */
    bool threads_stayed;   /* a thread could have been on another processor, and had moved often enough */
    const char *failure;   /* the machine cannot be explored */
    unsigned key_count;
    struct actor_key keys[SEARCH_ACTORS];
    volatile uint64_t beat; /* steps so far: what the watch looks at */
    volatile bool running;
    struct host_thread host, watch;
};
extern struct machine_kept machine_kept;

/* ---- actors.c ---------------------------------------------------------------------------------- */

/* The actor that this key stands for; made known when it is new.  Fails the machine when there are too many.
 */
struct actor *actor_of(enum actor_kind kind, unsigned parent, unsigned ordinal);
/* Gives a coroutine of its own to an actor that is no thread. */
void actor_begin(struct actor *actor, void (*body)(void *));
bool actor_stacks_map(void); /* before any of that; false: memory is short */
/* A read or write of memory, other than by a lock's try? */
static inline bool op_is_access(const struct op *op)
{
    return op->kind != OP_NONE && op->kind <= OP_UPDATE && (op->flags & OP_TRIES) == 0;
}
/* Is the step that is being taken one of the search's? */
static inline bool machine_is_searched(void)
{
    return machine_kept.phase == PHASE_RUNNING && !machine.unexplored && machine.alone == 0;
}
static inline struct actor *actor_current(void)
{
    return &machine.actors[ke_actor];
}
static inline unsigned actor_index(const struct actor *actor)
{
    return (unsigned)(actor - machine.actors);
}
/* At most 8 bytes of memory; without a call for the usual sizes. */
static inline uint64_t machine_value(uintptr_t address, unsigned size)
{
    uint64_t value = 0;
    switch (size) {
    case 4:
        memcpy(&value, (const void *)address, 4);
        break;
    case 8:
        memcpy(&value, (const void *)address, 8);
        break;
    default:
        memcpy(&value, (const void *)address, size);
        break;
    }
    return value;
}
/* Changes its state, or the level at which it holds its processor, and the masks that say so. */
void actor_set(struct actor *actor, enum actor_state state);
void actor_hold(struct actor *actor, KIRQL level);
/* Who the actors are, a line each; the next line of it back, false when it is none or another machine's. */
void actors_write(FILE *out);
bool actor_read(const char *line, unsigned *index);

/* ---- checkpoints.c ------------------------------------------------------------------------------- */

/* An execution of that search, which has begun, starts: puts the machine back to where it was before the
 * first step that is new, or before an earlier one.  True: that was the snapshot. */
bool checkpoints_begin(struct search *search);
/* The execution has stopped where one is due. */
void checkpoints_take(void);
/* Is this the moment before that step? */
static inline bool checkpoint_is_due(void)
{
    return machine_kept.checkpoint_due != 0 && machine.ready == 0 &&
           search_event_count(machine_kept.search) == machine_kept.checkpoint_due && machine_is_searched();
}

/* ---- pick.c ------------------------------------------------------------------------------------ */

/* The running actor is at its next step (or blocked, or has ended): somebody goes on.  Returns when it is the
 * caller's turn. */
void machine_go_on(void);
/* The same from outside the machine. */
void machine_enter(void);
/* How an execution ends in which an actor gave up: undis_assume, or an assertion that failed. */
enum search_end machine_abandoned_end(void);
/* Leaves the machine for good. */
void machine_leave(enum search_end end) __attribute__((noreturn));
/* Which actors may take their step now: fills in machine.view[].enabled and returns how many may. */
unsigned machine_enable(void);

/* Has everybody ended whom the join waits for, and everything that they stored arrived? */
bool machine_join_is_over(const struct op *op);

/* The running actor's step was taken: tells whoever traces this execution. */
void machine_trace_step(const struct op *op);

/* ---- explored.c, threads.c ----------------------------------------------------------------------- */

extern const struct ke_engine explored_engine;

/* Members of that engine. */
void threads_ready(struct _KTHREAD *thread);
void threads_block(struct _KTHREAD *thread);
void threads_move(struct _KTHREAD *thread);
/* The running thread is about to raise IRQL: it may do so on another processor. */
void threads_migrate(struct actor *me, const struct op *op);

/* ---- services.c: DPCs, service routines, the clock, devices ------------------------------------- */

/* Makes actors known for what has come up: a DPC queued, a line pending, a timer set. */
void services_look(void);
/* Is there nothing that could come up? */
bool services_are_idle(void);
/* The steps that those actors would take now: fills in machine.view for them. */
bool service_is_enabled(struct actor *actor, struct search_actor *view);
void services_timer_due(uint64_t due);
/* A new actor that is no thread: its body starts with the step that service_is_enabled gives it taken. */
void service_make(struct actor *actor, struct ke_processor *processor, void (*body)(void *));
/* It waits for its next turn, with that IRQL byte. */
void service_rest(KIRQL irql);

/* ---- watch.c ----------------------------------------------------------------------------------- */

/* Starts the host thread that stops code which takes no step any more. */
bool watch_start(void);
void watch_stop(void);
/* The execution has taken all the steps that it may: was everybody free to go on? Then that is a livelock. */
void watch_judge_steps(void);

/* ---- tso.c: --memory tso ------------------------------------------------------------------------ */

/* Does this access enter its processor's store buffer instead of memory? */
bool tso_delays(const struct op *op);
/* The running actor's store enters the buffer; then its code makes it. */
void tso_store(const struct op *op);
/* Waits until the running actor's processor has no store left that others do not see. */
void tso_drain(void);
/* The buffer of the running actor's processor out of sight, and in sight of the actor that goes on. */
void tso_hide(void);
void tso_show(const struct actor *actor);
bool tso_is_empty(const struct ke_processor *processor);
bool tso_buffer_is_full(const struct actor *buffer, struct op *op);
/* What observers are told of a step that concerns a store buffer: the store, when it enters; NULL: nothing.
 */
const struct op *tso_observed(const struct actor *actor, const struct op *op);

/* ---- shared.c ---------------------------------------------------------------------------------- */

/* Is that access a step?  Learns who touches what. */
bool shared_is_step(unsigned actor, const struct op *op);
/* Memory that somebody waits for is shared, even if nobody else has touched it so far. */
void shared_learn(uintptr_t address);

/* ---- spin.c ------------------------------------------------------------------------------------ */

/* The actor is about to read: has it come round a loop in which nothing changed? Then it rests. */
void spin_note(struct actor *actor, const struct op *op);
/* A read that is no step: is it one that comes again and again, as if waiting?  Then it becomes one. */
bool spin_waits_in_private(struct actor *actor, const struct op *op);
/* Its step is taken. */
void spin_taken(struct actor *actor, const struct op *op);
bool spin_rests(const struct actor *actor);

#pragma GCC visibility pop

#endif
