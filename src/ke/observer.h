/*
 * observer.h - who wants to know what happened before what in an execution of the explored engine.
 *
 * The engine tells of each step at the moment it is taken, before its effect; ke and the layers above tell of
 * the edges that are no steps: who made somebody ready, queued a DPC, asserted a line.  All of them are said
 * in two words: release(token), "what I have done so far comes before whoever acquires that token from now
 * on", and acquire(token).  A token is the address of the object through which one waits for the other.
 *
 * This is the order of synchronisation, which decides what is a data race; never the order in which the
 * search took the steps.  Of these the observers make edges by themselves, nobody need tell them: spin locks
 * (OP_LOCK, OP_UNLOCK, OP_UPDATE with OP_TRIES), atomic and volatile accesses, OP_JOIN, OP_AWAIT, OP_SETTLE,
 * the IRQL of a processor (OP_RAISE, OP_LOWER, OP_ENTER, OP_EXIT), and OP_ENTER acquires its object[0].
 *
 * On the free-running engine, and in the free build, nothing is observed.
 */
#ifndef UNDIS_KE_OBSERVER_H
#define UNDIS_KE_OBSERVER_H

#include "ke/step.h"

/* Actors are the engine's, as in search.h. */
#define OBSERVER_ACTORS 32

/*
 * Registered like an event_listener: static, by a constructor.  All are called on the one host thread of the
 * engine with interrupts masked.  The structs of observers are kept over executions; what else an observer
 * keeps from one to the next must be HOST_KEPT (host/memory.h).
 */
struct ke_observer {
    /* An execution starts; all actors that there are have seen all that was done so far. */
    void (*begin)(void);
    /* `actor` takes this step now, on whose stack this is called.  op->level and op->processor are true of
       memory accesses, too; of OP_ENTER, op->new_level is the level that it enters at; of OP_EXIT, op->level
       is that level. */
    void (*step)(unsigned actor, const struct op *op);
    void (*release)(unsigned actor, uintptr_t token);
    void (*acquire)(unsigned actor, uintptr_t token);
    /* What `actor` does from now on has nothing to do with what it did before (a worker thread takes its next
       work item): only what it acquires from now on comes before it. */
    void (*fresh)(unsigned actor);
    struct ke_observer *next;
};

#if UNDIS_CHECKED

void ke_observer_add(struct ke_observer *observer);

/* The actor whose code runs now.  The engine sets it at each switch. */
extern unsigned ke_actor;

/* True: observers remember the stack of every access (the execution that is to be reported); false: its pc
 * is enough.  The engine sets it between executions; kept over them. */
extern bool ke_observer_stacks;

/* For the engine. */
void ke_observe_begin(void);
void ke_observe_step(unsigned actor, const struct op *op);

/* For the engine and, by the macros below, for ke and the layers above. */
void ke_observe_release(unsigned actor, const volatile void *token);
void ke_observe_acquire(unsigned actor, const volatile void *token);
void ke_observe_fresh(unsigned actor);

#endif

/*
 * Where they belong:
 *   releases: KeSetEvent, KeReleaseSemaphore, KeReleaseMutex (the object); PsCreateSystemThread and the end
 *     of a thread (the thread object); KeInsertQueueDpc and KeSetTimer (the KDPC, and the KTIMER); queueing
 *     a work item (the item); writing a device register (the device), asserting a line (the line);
 *   acquires: a wait that is satisfied (the object; on behalf of the waiter, when it is made ready); the
 *     start of a thread; the run of a work item, after ke_is_fresh; a device that works (the device).
 *     A device that works and then asserts its line passes on what came before the register write.
 */
#define ke_releases(token) KE_STEP(ke_observe_release(ke_actor, (token)))
#define ke_acquires(token) KE_STEP(ke_observe_acquire(ke_actor, (token)))
#define ke_is_fresh() KE_STEP(ke_observe_fresh(ke_actor))

/* An object of the library whose every use orders and is ordered (a run-down reference, a fast mutex): a
 * step, and both edges. */
#define ke_synchronizes(token) (ke_about_to_change(token), ke_acquires(token), ke_releases(token))

#endif
