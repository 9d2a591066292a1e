/*
 * model.h - a machine for tests of the search: it interprets small programs, with no coroutines and no ke.
 *
 * Threads on processors, DPCs with a queue per processor, service routines, IRQL, spin locks, memory, events
 * with waiting threads, a clock.  Everything that the engine's own machine tells the search, and little
 * more, so that hundreds of thousands of executions take a second.
 */
#ifndef UNDIS_TESTS_EXPLORE_MODEL_H
#define UNDIS_TESTS_EXPLORE_MODEL_H

#include "engine/explore/search/search.h"

#define MODEL_STEPS 24 /* instructions of one body */
#define MODEL_THREADS 18
#define MODEL_DPCS 3
#define MODEL_ISRS 2
#define MODEL_PROCESSORS 2
#define MODEL_WORDS 32
#define MODEL_LOCKS 2
#define MODEL_EVENTS 2

enum model_kind {
    DO_READ,      /* r = 3 r + word[a] */
    DO_GET,       /* r = word[a] */
    DO_WRITE,     /* word[a] = (r + b) % 4 */
    DO_PUT,       /* word[a] = r + b */
    DO_STORE,     /* word[a] = b */
    DO_ADD,       /* word[a] += b, in one step */
    DO_CAS,       /* if word[a] == b, word[a] = c and r += 1, else r += 16 */
    DO_READ_TWO,  /* r += both words of the pair a */
    DO_WRITE_TWO, /* both words of the pair a = b */
    DO_LOCK,
    DO_UNLOCK,
    DO_TRY, /* lock a; when it is held, skip b instructions */
    DO_TEST,
    DO_RAISE, /* to level a */
    DO_LOWER,
    DO_CHOICE, /* r += one of a */
    DO_QUEUE,  /* DPC a; r += 1 when it was queued already */
    DO_REMOVE,
    DO_SET,
    DO_RESET,
    DO_WAIT,       /* and reset */
    DO_LOOK,       /* r += is event a set */
    DO_AWAIT,      /* until word[a] == b */
    DO_RAISE_LINE, /* a; with b, lower it; r += was it raised */
    DO_DEVICE,     /* writes word[a] = b as a device does, and sets event c */
    DO_MOVE,       /* to processor a; no step */
    DO_STOP,       /* with a finding, if r == a; no step */
    DO_SKIP,       /* b instructions, if r == a; no step */
    DO_JOIN,       /* thread a */
    DO_SETTLE,
    DO_END
};

struct model_step {
    uint8_t kind, a, b, c;
};

struct model_body {
    int processor; /* of a thread, a service routine or the processor that a DPC is queued to; -1: none */
    uint8_t level; /* of a service routine */
    struct model_step step[MODEL_STEPS];
};

struct model_program {
    unsigned threads, dpcs, isrs, ticks;
    bool removes; /* DPCs from their queues */
    struct model_body thread[MODEL_THREADS];
    struct model_body dpc[MODEL_DPCS];
    struct model_body isr[MODEL_ISRS];
    bool raised[MODEL_ISRS]; /* its line is, from the start */
};

struct model_end {
    enum search_end end;
    uint64_t state; /* a hash of what is left */
    uint64_t stop;  /* of END_STOPPED: who, where, with what */
};

/* One execution of the program. */
struct model_end model_execute(const struct model_program *program, struct search *search);
uint64_t model_peek(uintptr_t address, unsigned size);
uint32_t model_word(unsigned index);

#endif
