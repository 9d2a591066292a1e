/*
 * The race detector against a referee that knows no clocks: of random executions, both must find races on the
 * same bytes.  The referee keeps for each event the set of all events that come before it.
 */
#include "verifier/race.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include <string.h>

#define EVENTS 64
#define PROGRAMS 100000
#define ACTORS 4
#define PROCESSORS 2
#define LEVELS 8
#define PLACES 3 /* locks, tokens, atomic variables: of each so many */
#define BYTES 16

static uint64_t memory[BYTES / 8], variables[PLACES];
static uint32_t locks[PLACES];
static char tokens[PLACES];

static bool raced[BYTES];

static void note(const struct race *race)
{
    unsigned granule = (unsigned)((race->address - (uintptr_t)memory) / 8);
    for (unsigned i = 0; i < 8; i++) {
        raced[granule * 8 + i] |= (race->older.mask & race->newer.mask) >> i & 1;
    }
}

/* ---- the referee ----------------------------------------------------------------------------------- */

struct access_event {
    unsigned first, size, kind; /* kind: enum race_kind */
};

static struct referee {
    unsigned count;
    uint64_t before[EVENTS]; /* bit j: event j comes before it, or is it */
    unsigned actor[EVENTS];
    struct access_event access[EVENTS]; /* size 0: none */
    uint64_t last[ACTORS];              /* what comes before the actor's next event */
    uint64_t lock[PLACES], token[PLACES], variable[PLACES];
    uint64_t lowered[PROCESSORS][LEVELS], left[PROCESSORS][LEVELS];
} referee;

/* A new event of the actor, after what is in `sources`. */
static uint64_t event_after(unsigned actor, uint64_t sources)
{
    unsigned i = referee.count++;
    referee.actor[i] = actor;
    referee.access[i].size = 0;
    referee.before[i] = referee.last[actor] | sources | UINT64_C(1) << i;
    referee.last[actor] = referee.before[i];
    return referee.before[i];
}

static void referee_accesses(unsigned actor, unsigned first, unsigned size, unsigned kind)
{
    event_after(actor, 0);
    referee.access[referee.count - 1] = (struct access_event){first, size, kind};
}

static void referee_races(bool expected[BYTES])
{
    for (unsigned j = 0; j < referee.count; j++) {
        for (unsigned i = 0; i < j; i++) {
            const struct access_event *a = &referee.access[i], *b = &referee.access[j];
            bool conflict = ((a->kind | b->kind) & RACE_WRITE) != 0 && (a->kind & b->kind & RACE_ATOMIC) == 0;
            if (!conflict || referee.before[j] >> i & 1) {
                continue;
            }
            for (unsigned byte = 0; byte < BYTES; byte++) {
                expected[byte] |=
                    byte - a->first < a->size && byte - b->first < b->size; /* unsigned: not below first */
            }
        }
    }
}

/* ---- random executions ------------------------------------------------------------------------------ */

static uint64_t seed;

static unsigned draw(unsigned count)
{
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    return (unsigned)(seed >> 33) % count;
}

static void tell(unsigned actor, enum op_kind kind, unsigned flags, const void *address, unsigned size)
{
    ke_observe_step(
        actor, &(struct op){
                   .kind = (uint8_t)kind, .flags = (uint8_t)flags, .addr = (uintptr_t)address, .size = size});
}

static void tell_irql(unsigned actor, enum op_kind kind, unsigned processor, unsigned level,
                      unsigned new_level)
{
    ke_observe_step(actor, &(struct op){.kind = (uint8_t)kind,
                                        .processor = (int8_t)processor,
                                        .level = (uint8_t)level,
                                        .new_level = (uint8_t)new_level});
}

static void access_memory(unsigned actor)
{
    unsigned size = 1u << draw(4), first = draw(BYTES / size) * size;
    bool writes = draw(2);
    referee_accesses(actor, first, size, writes ? RACE_WRITE : 0);
    tell(actor, writes ? OP_WRITE : OP_READ, 0, (char *)memory + first, size);
}

/* Atomic accesses of the memory that others access plainly, and of variables that are only for that. */
static void access_atomically(unsigned actor)
{
    unsigned i = draw(PLACES), what = draw(3);
    uint64_t *released = &referee.variable[i];
    uint64_t now = event_after(actor, what != 1 ? *released : 0);
    if (what == 1) {
        *released = now;
        tell(actor, OP_WRITE, OP_ATOMIC, &variables[i], 8);
    } else if (what == 2) {
        *released |= now;
        tell(actor, OP_UPDATE, OP_ATOMIC, &variables[i], 8);
    } else {
        tell(actor, OP_READ, draw(2) ? OP_ATOMIC : OP_VOLATILE, &variables[i], 8);
    }
}

static void use_lock(unsigned actor)
{
    unsigned i = draw(PLACES);
    if (draw(2)) {
        event_after(actor, referee.lock[i]);
        tell(actor, OP_LOCK, 0, &locks[i], 4);
    } else {
        referee.lock[i] |= event_after(actor, 0);
        tell(actor, OP_UNLOCK, 0, &locks[i], 4);
    }
}

static void use_token(unsigned actor)
{
    unsigned i = draw(PLACES);
    if (draw(2)) {
        event_after(actor, referee.token[i]);
        ke_observe_acquire(actor, &tokens[i]);
    } else {
        referee.token[i] |= event_after(actor, 0);
        ke_observe_release(actor, &tokens[i]);
    }
}

static void change_irql(unsigned actor)
{
    unsigned processor = draw(PROCESSORS), low = draw(LEVELS - 1), high = low + 1 + draw(LEVELS - 1 - low);
    if (draw(2)) {
        uint64_t sources = 0;
        for (unsigned level = low + 1; level <= high; level++) {
            sources |= referee.left[processor][level];
        }
        event_after(actor, sources);
        tell_irql(actor, OP_RAISE, processor, low, high);
    } else {
        uint64_t now = event_after(actor, 0);
        for (unsigned level = low + 1; level <= high; level++) {
            referee.lowered[processor][level] |= now;
        }
        tell_irql(actor, OP_LOWER, processor, high, low);
    }
}

static void enter_or_leave(unsigned actor)
{
    unsigned processor = draw(PROCESSORS), level = DISPATCH_LEVEL + draw(LEVELS - DISPATCH_LEVEL);
    if (draw(2)) {
        event_after(actor, referee.lowered[processor][level]);
        tell_irql(actor, OP_ENTER, processor, 0, level);
    } else {
        uint64_t now = event_after(actor, 0);
        referee.lowered[processor][level] |= now;
        referee.left[processor][level] |= now;
        tell_irql(actor, OP_EXIT, processor, level, 0);
    }
}

static void join(unsigned actor)
{
    unsigned other = draw(ACTORS);
    event_after(actor, referee.last[other]);
    ke_observe_step(actor, &(struct op){.kind = OP_JOIN, .expected = UINT64_C(1) << other});
}

static void settle(unsigned actor)
{
    uint64_t all = 0;
    for (unsigned i = 0; i < ACTORS; i++) {
        all |= referee.last[i];
    }
    event_after(actor, all);
    ke_observe_step(actor, &(struct op){.kind = OP_SETTLE});
}

static void start_anew(unsigned actor)
{
    referee.last[actor] = 0;
    ke_observe_fresh(actor);
}

static void take_event(void)
{
    static void (*const events[])(unsigned actor) = {
        access_memory, access_memory, access_memory, access_atomically, use_lock,
        use_token,     use_lock,      change_irql,   enter_or_leave,
    };
    unsigned actor = draw(ACTORS);
    static void (*const rare[])(unsigned actor) = {join, settle, start_anew};
    if (draw(25) == 0) {
        rare[draw(3)](actor);
    } else {
        events[draw(sizeof(events) / sizeof(events[0]))](actor);
    }
}

static void test_random_executions(void **state)
{
    (void)state;
    unsigned with = 0, without = 0;
    race_found = note;
    for (uint64_t program = 1; program <= PROGRAMS; program++) {
        bool expected[BYTES] = {false}, any = false;
        unsigned events = 8 + (unsigned)(program % (EVENTS - 8));
        seed = program;
        memset(raced, 0, sizeof(raced));
        memset(&referee, 0, sizeof(referee));
        ke_observe_begin();
        while (referee.count < events) {
            take_event();
        }
        referee_races(expected);
        for (unsigned byte = 0; byte < BYTES; byte++) {
            any |= expected[byte];
            if (expected[byte] != raced[byte]) {
                fail_msg("program %u, byte %u: the referee says %d", (unsigned)program, byte, expected[byte]);
            }
        }
        with += any;
        without += !any;
    }
    assert_true(with > PROGRAMS / 20); /* both verdicts were tried */
    assert_true(without > PROGRAMS / 100);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {cmocka_unit_test(test_random_executions)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
