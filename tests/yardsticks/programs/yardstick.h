/*
 * yardstick.h - what the yardstick programs share.
 *
 * Each program is a small closed one whose number of Mazurkiewicz classes is known (../yardsticks.tsv); sizes
 * come by -DN=.  Every thread has a processor of its own, so that IRQL plays no part.
 *
 * With YARDSTICK_STATES each execution prints one line, "state: ...", with what threads noted and the final
 * values of variables: the searches must agree on the set of these lines.  The notes are not instrumented,
 * so both builds have the same steps.
 */
#ifndef UNDIS_TESTS_YARDSTICK_H
#define UNDIS_TESTS_YARDSTICK_H

#include <undis/explore.h>

#include <stddef.h>
#include <stdint.h>

/* Sequentially consistent atomic accesses of a variable. */
#define READ(variable) __atomic_load_n(&(variable), __ATOMIC_SEQ_CST)
#define WRITE(variable, value) __atomic_store_n(&(variable), (value), __ATOMIC_SEQ_CST)
#define ADD(variable, value) __atomic_fetch_add(&(variable), (value), __ATOMIC_SEQ_CST)
#define SWAP(variable, value) __atomic_exchange_n(&(variable), (value), __ATOMIC_SEQ_CST)

/* Puts `value` into *variable if `expected` is there; true when it was. */
static inline bool replace(int *variable, int expected, int value)
{
    return __atomic_compare_exchange_n(variable, &expected, value, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
}

/* Processor 0 is the scenario's own. */
static inline void start(unsigned number, void (*body)(void *argument))
{
    undis_thread(number + 1, body, (void *)(uintptr_t)number);
}

static inline int number_of(void *argument)
{
    return (int)(uintptr_t)argument;
}

#ifdef YARDSTICK_STATES
#include <ntddk.h>

#define YARDSTICK_NOTES 24
#define UNSEEN __attribute__((no_sanitize("thread"), noinline, unused))

static int notes[YARDSTICK_NOTES];

static UNSEEN void note(int place, int value)
{
    notes[place] = value;
}

static UNSEEN void print_state(const int *values, unsigned count)
{
    char text[12 * (YARDSTICK_NOTES + 8)];
    char *end = text;
    for (unsigned i = 0; i < YARDSTICK_NOTES + count; i++) {
        unsigned value = (unsigned)(i < YARDSTICK_NOTES ? notes[i] : values[i - YARDSTICK_NOTES]);
        do {
            *end++ = "0123456789abcdef"[value & 15];
            value >>= 4;
        } while (value != 0);
        *end++ = ' ';
    }
    *end = 0;
    DbgPrint("state: %s\n", text);
}

/* The variables, of type int, whose final values belong to the state. */
#define STATE(...)                                                                                           \
    static UNSEEN void show_state(void *unused)                                                              \
    {                                                                                                        \
        const int values[] = {0, __VA_ARGS__};                                                               \
        (void)unused;                                                                                        \
        print_state(values, sizeof(values) / sizeof(values[0]));                                             \
    }                                                                                                        \
    _Static_assert(1, "")
#define SHOW_STATE() undis_at_end(show_state, NULL)
#else
#define note(place, value) ((void)(value))
#define STATE(...) _Static_assert(1, "")
#define SHOW_STATE() ((void)0)
#endif

#endif
