/*
 * matrix.h - every sequence of a family's operations, on the library and on an oracle.
 *
 * A family has a few operations, objects for them to work on, and an oracle: what the specification says of
 * one operation in one state (verdict and level).  The walk (walk.c) performs every sequence up to a length,
 * each on fresh objects and inside a callback of its own, and compares rule by rule, level by level.
 *
 * A sequence goes on for as long as the oracle finds nothing wrong: what comes after a defect depends on its
 * repair, which the specification does not know.
 */
#ifndef UNDIS_TESTS_MATRIX_H
#define UNDIS_TESTS_MATRIX_H

#include <ndis.h>

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

/* The rules that an oracle may name; a verdict is a sum of 1 << RULE. */
#define MATRIX_RULES(rule)                                                                                   \
    rule(SpinLockNotAllocated) rule(SpinLockReallocated) rule(SpinLockFreedWhileHeld)                        \
        rule(SpinLockRecursive) rule(SpinLockNotOwned) rule(SpinLockReleaseOrder) rule(SpinLockFlavor)       \
            rule(SpinLockAboveDispatch) rule(SpinLockBelowDispatch) rule(SpinLockHeldAtReturn)               \
                rule(RwLockState) rule(IrqlNotRestored) rule(IrqlTooHigh) rule(IrqlTooLow)                   \
                    rule(IrqlRaiseLower) rule(WaitAtDispatch)
#define MATRIX_NUMBER(name) name,
enum matrix_rule { MATRIX_RULES(MATRIX_NUMBER) MATRIX_RULE_COUNT };
#define RULE(name) (1U << (name))

/* What an oracle says of one operation. */
struct verdict {
    uint32_t rules; /* 0: correct */
    KIRQL irql;     /* after it; after a defect, that of the rule's page ("In undis") */
    int value;      /* that it returns, when it is correct; 0 when it returns nothing */
};

struct oracle_state {
    KIRQL irql;
    unsigned char of[63]; /* the family's */
};

/* A family keeps a structure of its own there: get and put. */
#define MATRIX_STATE(type)                                                                                   \
    _Static_assert(sizeof(type) <= sizeof(struct oracle_state), "it must fit");                              \
    static type get(const struct oracle_state *from)                                                         \
    {                                                                                                        \
        type state;                                                                                          \
        memcpy(&state, from, sizeof state);                                                                  \
        return state;                                                                                        \
    }                                                                                                        \
    static void put(struct oracle_state *to, type state)                                                     \
    {                                                                                                        \
        memcpy(to, &state, sizeof state);                                                                    \
    }

struct family {
    const char *name;
    unsigned operations;
    unsigned length; /* of the sequences that one test tries */
    void (*describe)(unsigned operation, char *text, size_t size);

    /* The library's half. */
    void (*fresh)(void); /* makes the objects of one sequence, at PASSIVE_LEVEL */
    int (*perform)(unsigned operation);
    bool (*agrees)(const struct oracle_state *state); /* what can be seen of the objects; may be NULL */
    void (*clean)(void);                              /* takes the objects away again, at PASSIVE_LEVEL */

    /* The oracle's half. */
    void (*start)(struct oracle_state *state, KIRQL irql);
    bool (*possible)(const struct oracle_state *state, unsigned operation); /* may be NULL: always */
    struct verdict (*judge)(struct oracle_state *state, unsigned operation);
    uint32_t (*end)(const struct oracle_state *state); /* rules for a callback that returns now */
};

extern const struct family family_spin, family_dpc, family_queued, family_ex, family_rw, family_rwold,
    family_event, family_timer;

/* The library's half of a sequence that ends with an acquisition holds locks in memory that goes: forgets
 * what the checked build knows of the locks in it. */
void matrix_forget(const void *memory, size_t size);

#endif
