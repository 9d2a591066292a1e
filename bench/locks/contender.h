/*
 * contender.h - what is measured: one struct a contender, one file a library in contenders/.
 *
 * A contender is two calls around a critical section, and the loops that use them.  The loops are made by the
 * macros below in the contender's own file, so that nothing is called through a pointer in the measured part
 * and what the library has inline stays inline.
 */
#ifndef UNDIS_BENCH_CONTENDER_H
#define UNDIS_BENCH_CONTENDER_H

#include "crew.h"
#include "gate.h"

enum family {
    SPIN_LOCK, /* mutual exclusion; the section counts */
    RW_LOCK,   /* readers look at the counters, writers count */
    LIST,      /* pops an entry and pushes it back */
    CALL,      /* has a function called */
    FAMILIES
};

struct contender {
    const char *name;
    const char *package; /* Debian's; "" for undis and what is written here */
    enum family family;
    enum place place;
    /* Member 0 of the crew calls it before the others start: a lock that nobody has used yet. */
    void (*reset)(void);
    /* So many pairs alone. */
    void (*pairs)(unsigned count);
    /* Pairs with others, until the gate shuts. */
    void (*contend)(struct member *self);
};

/* What contenders/ has, in the order of the table. */
extern const struct contender *const contenders[];
extern const unsigned contender_count;
/* Packages that were not there when this was built; ends with NULL. */
extern const char *const contenders_left_out[];

/* NAME_pairs, around two statements. */
#define CONTENDER_PAIRS(name, local, acquire, release)                                                       \
    static void name##_pairs(unsigned count)                                                                 \
    {                                                                                                        \
        struct member *const self = crew_first();                                                            \
        local;                                                                                               \
        for (unsigned i = 0; i < count; i++) {                                                               \
            acquire;                                                                                         \
            gate_touch();                                                                                    \
            release;                                                                                         \
        }                                                                                                    \
        (void)self;                                                                                          \
    }

/*
 * NAME_pairs and NAME_contend around two statements.  `local` declares what each member has of its own;
 * `self` is NULL in NAME_pairs.  `section` is what stands between the two.
 */
#define CONTENDER_LOOPS(name, local, acquire, section, release)                                              \
    CONTENDER_PAIRS(name, local, acquire, release)                                                           \
    static void name##_contend(struct member *self)                                                          \
    {                                                                                                        \
        local;                                                                                               \
        while (gate.phase == GATE_COUNTING) {                                                                \
            acquire;                                                                                         \
            section;                                                                                         \
            release;                                                                                         \
            self->pairs++;                                                                                   \
        }                                                                                                    \
        while (gate.phase == GATE_TIMING) {                                                                  \
            uint64_t since = gate_now();                                                                     \
            acquire;                                                                                         \
            gate_waited(self, since);                                                                        \
            section;                                                                                         \
            release;                                                                                         \
            self->timed_pairs++;                                                                             \
        }                                                                                                    \
    }

/* The loops of a reader/writer lock: of each hundred pairs the gate says how many write. */
#define RW_LOOPS(name, local, read, end_read, write, end_write)                                              \
    CONTENDER_PAIRS(name, local, read, end_read)                                                             \
    static void name##_contend(struct member *self)                                                          \
    {                                                                                                        \
        local;                                                                                               \
        for (unsigned i = 13 * self->number; gate.phase == GATE_COUNTING; i++) {                             \
            if (i % 100 < gate.writes) {                                                                     \
                write;                                                                                       \
                gate_count();                                                                                \
                end_write;                                                                                   \
                self->written++;                                                                             \
            } else {                                                                                         \
                read;                                                                                        \
                gate_look();                                                                                 \
                end_read;                                                                                    \
            }                                                                                                \
            self->pairs++;                                                                                   \
        }                                                                                                    \
    }

/* The loop of what only one does at a time. */
#define CALL_LOOPS(name, call)                                                                               \
    static void name##_pairs(unsigned count)                                                                 \
    {                                                                                                        \
        for (unsigned i = 0; i < count; i++) {                                                               \
            call;                                                                                            \
        }                                                                                                    \
    }                                                                                                        \
    static void name##_contend(struct member *self)                                                          \
    {                                                                                                        \
        while (gate.phase == GATE_COUNTING) {                                                                \
            call;                                                                                            \
            self->pairs++;                                                                                   \
        }                                                                                                    \
    }

#define CONTENDER(id, label, of_package, of_family, at, resets)                                              \
    const struct contender contender_##id = {.name = (label),                                                \
                                             .package = (of_package),                                        \
                                             .family = (of_family),                                          \
                                             .place = (at),                                                  \
                                             .reset = (resets),                                              \
                                             .pairs = id##_pairs,                                            \
                                             .contend = id##_contend}

#endif
