/*
 * step.h - where ke tells the engine what the running code is about to do (design contract 2).
 *
 * The explored engine interleaves actors: threads, the DPCs of a processor, the service routines of a line
 * on a processor, the clock, devices.  An actor runs alone until it is about to do something that another
 * actor could notice; it says so with a step, and the engine returns when that step is this actor's to
 * take.  Everything up to the next step is then one transition.  What a step says (struct op) must cover all
 * that the transition reads or changes of what actors share, apart from what commutes.
 *
 * Masked code (KE_MASKED) never yields: its footprint belongs to the step before it.  In the free build,
 * and on the free-running engine, steps cost nothing and one test.
 */
#ifndef UNDIS_KE_STEP_H
#define UNDIS_KE_STEP_H

#include "ke/event.h"
#include "ke/processor.h"

enum op_kind {
    OP_NONE,
    /* Memory: [addr, addr + size). Conflict: overlap, unless both are OP_READ. */
    OP_READ,
    OP_WRITE,
    OP_UPDATE, /* read-modify-write; with OP_COMPARES one that only reads when *addr != expected */
    /* Spin locks: addr = the lock word (32 bit, 0 = free). OP_LOCK is enabled when it is free. */
    OP_LOCK,
    OP_UNLOCK,
    /* Kernel objects: object[] (0: none). Conflict: a common object, unless both are
       OP_READS_ONLY; and a write or free of [addr, addr + size), where the object lies. */
    OP_OBJECT,
    /* IRQL of this processor: level -> new_level. */
    OP_RAISE,
    OP_LOWER,
    OP_ENTER, /* a DPC or ISR begins: object[0] = the KDPC or line; enabled when queued and IRQL admits it */
    OP_EXIT,  /* object[0] is looked at: what takes back entries that wait for this end; 0: nothing */
    /* Control. */
    OP_JOIN,   /* expected = actors, a bit each; enabled when all of them have ended */
    OP_SETTLE, /* enabled when nothing else is; after everything */
    OP_AWAIT,  /* addr = uint32_t word, expected = the value that enables it; reads the word */
    OP_CHOICE, /* one of aux alternatives (enum choice_kind in `choice`); conflicts with nothing */
    OP_TICK,   /* virtual time goes on to the next deadline; conflicts with every object */
    OP_DEVICE, /* a device works: writes [addr, addr + size), changes object[] */
    OP_FREE,   /* [addr, addr + size) of pool is freed: conflicts as a write, but nothing is accessed */
    OP_KINDS
};

enum op_flag {
    OP_ATOMIC = 1,     /* an atomic or volatile access: no data race with another one */
    OP_COMPARES = 2,   /* compare and exchange */
    OP_TRIES = 4,      /* OP_UPDATE on a lock word by a try-lock: expected = 0; never blocks */
    OP_READS_ONLY = 8, /* of OP_OBJECT */
    OP_VOLATILE = 16,  /* volatile, not a locked operation */
    OP_LIBRARY = 32,   /* made by a DDI function on the driver's behalf */
    OP_STORE = 64, /* --memory tso: OP_LOCK of a processor's store buffer by a store that enters it, OP_WRITE
                      and OP_UNLOCK by the buffer */
    OP_ALWAYS = 128, /* of OP_OBJECT: a step even if nobody else seems to use the object (the clock does); of
                        OP_TICK: taken only when nobody else can go on */
};

#define OP_OBJECTS 3

struct op {
    uint8_t kind;  /* enum op_kind */
    uint8_t flags; /* enum op_flag */
    uint8_t level; /* IRQL that the actor has before it: what the processor must admit */
    uint8_t new_level;
    int8_t processor; /* -1: none (the clock, devices) */
    uint8_t choice;   /* enum choice_kind */
    uint16_t aux;
    uint32_t size;
    uintptr_t addr;
    uintptr_t object[OP_OBJECTS]; /* each once */
    uint64_t expected;
    uintptr_t pc; /* the code that does it, for people */
};

#if UNDIS_CHECKED

/* True while the explored engine runs; then ke_engine->step may be called. */
extern bool ke_stepping;

/* Set within a transition: called once, when it is over, before another actor can run (rtl/tsan_copy.c). */
extern void (*ke_step_epilogue)(void);

/* The running transition is over: the code is about to take a step, to block or to end. */
void ke_step_end(void);
/* The step that the running code is about to take, all but what it is done to; ends the transition. */
struct op ke_op_here(enum op_kind kind, unsigned flags);

void ke_step_memory(enum op_kind kind, unsigned flags, const volatile void *address, size_t size,
                    uint64_t expected, uintptr_t pc);
void ke_step_lock(enum op_kind kind, const volatile uint32_t *word);
void ke_step_object(const volatile void *object, const volatile void *other, unsigned flags);
void ke_step_objects(const volatile void *object, const volatile void *second, const volatile void *third);
void ke_step_irql(KIRQL new_level);
void ke_step_fence(void);

#define KE_STEP(call) (__builtin_expect(ke_stepping, 0) ? (void)(call) : (void)0)

#else

#define KE_STEP(call) ((void)0)

#endif

/* About to raise or lower this processor's IRQL; before the change. */
#define ke_about_to_raise(irql) KE_STEP(ke_step_irql((irql)))
#define ke_about_to_lower(irql) KE_STEP(ke_step_irql((irql)))
/* About to take, try or release a spin lock word. */
#define ke_about_to_lock(word) KE_STEP(ke_step_lock(OP_LOCK, (word)))
#define ke_about_to_try(word) KE_STEP(ke_step_lock(OP_UPDATE, (word)))
#define ke_about_to_test(word) KE_STEP(ke_step_lock(OP_READ, (word)))
#define ke_about_to_unlock(word) KE_STEP(ke_step_lock(OP_UNLOCK, (word)))
/* About to change, or only to look at, kernel objects. */
#define ke_about_to_change(object) KE_STEP(ke_step_object((object), NULL, 0))
#define ke_about_to_change_both(object, other) KE_STEP(ke_step_object((object), (other), 0))
#define ke_about_to_change_three(object, second, third) KE_STEP(ke_step_objects((object), (second), (third)))
/* About to free pool. */
#define ke_about_to_free(block, size) KE_STEP(ke_step_memory(OP_FREE, OP_LIBRARY, (block), (size), 0, 0))
#define ke_about_to_change_always(object, other) KE_STEP(ke_step_object((object), (other), OP_ALWAYS))
#define ke_about_to_look(object) KE_STEP(ke_step_object((object), NULL, OP_READS_ONLY))

/* A full memory barrier: the stores before it are seen by others before what follows. */
#define ke_fences() KE_STEP(ke_step_fence())

/* ---- accesses to driver memory (access.c) ------------------------------------------------------- */

enum access_flag {
    ACCESS_WRITE = 1,
    ACCESS_ATOMIC = 2,
    ACCESS_VOLATILE = 4,
    ACCESS_LIBRARY = 8,
    ACCESS_RESIDENT = 16 /* the system touches it at DISPATCH_LEVEL, whatever the caller's IRQL is */
};

struct access {
    uintptr_t address;
    size_t size;
    unsigned flags;
    uintptr_t pc;
};

/* Hears of every access by instrumented code and by the DDI, on both engines, before it is made.  Registered
 * like an event_listener; runs on the accessing processor at its IRQL, must mask what needs masking. */
struct access_checker {
    void (*check)(const struct access *access);
    struct access_checker *next;
};

#if UNDIS_CHECKED
void access_check_add(struct access_checker *checker);
/* Makes it a step of the explored engine, and when that is taken tells the checkers. */
void ke_access(const volatile void *address, size_t size, unsigned flags, uintptr_t pc);
/* An atomic read-modify-write; `compares`: it only reads unless *address == expected. */
void ke_access_update(const volatile void *address, size_t size, bool compares, uint64_t expected,
                      uintptr_t pc);
/* For DDI functions: [address, size) of the driver's memory is about to be read or written for the caller.
 */
#define ke_reads(address, size)                                                                              \
    ke_access((address), (size), ACCESS_LIBRARY, (uintptr_t)__builtin_return_address(0))
#define ke_writes(address, size)                                                                             \
    ke_access((address), (size), ACCESS_LIBRARY | ACCESS_WRITE, (uintptr_t)__builtin_return_address(0))
/* The same for a kernel object in the driver's memory (an event, a DPC ...): the checkers are told; the step
   is the object's, not the memory's.  ke_uses_pageable: an object that may lie in paged pool. */
void ke_access_object(const volatile void *object, size_t size, unsigned flags, uintptr_t pc);
#define ke_uses(object)                                                                                      \
    ke_access_object((object), sizeof(*(object)), ACCESS_RESIDENT, (uintptr_t)__builtin_return_address(0))
#define ke_uses_pageable(object)                                                                             \
    ke_access_object((object), sizeof(*(object)), 0, (uintptr_t)__builtin_return_address(0))
#else
#define ke_reads(address, size) ((void)0)
#define ke_writes(address, size) ((void)0)
#define ke_uses(object) ((void)0)
#define ke_uses_pageable(object) ((void)0)
#endif

#endif
