/*
 * line.c - interrupt lines and interrupt objects (spec section 5; contract in line.h).
 */
#include "ke/line.h"

#include "ke/dispatch.h"
#include "ke/engine.h"
#include "ke/run.h"
#include "ke/observer.h"
#include "ke/step.h"
#include "ke/spinlock.h"

#define LINES 64
#define FIRST_VECTOR 0x50u
#define LINE_SHARERS 8
#define STORM_LIMIT 200000

struct ke_line {
    const char *name;
    KIRQL irql;
    enum ke_trigger trigger;
    bool used;
    KAFFINITY affinity;
    struct ke_line *group;
    struct ke_guard guard;
    uint32_t asserted; /* level-triggered: bit n is set while source n holds the line */
    bool again;        /* edge-triggered: one more edge came while one was under way */
    bool posted;       /* an interrupt is on its way or in service */
    unsigned unserved; /* services in a row after which the line was still asserted */
    volatile uint32_t serving;
    struct ke_interrupt *interrupts[LINE_SHARERS];
};

static struct ke_line lines[LINES];
static struct ke_guard lines_guard;
static uint64_t lines_at_level[KE_MASKED];
bool ke_lines_anywhere;

struct ke_line *ke_line_create(const char *name, KIRQL dirql, enum ke_trigger trigger, KAFFINITY affinity)
{
    return ke_line_create_in(NULL, name, dirql, trigger, affinity);
}

struct ke_line *ke_line_create_in(struct ke_line *group, const char *name, KIRQL dirql,
                                  enum ke_trigger trigger, KAFFINITY affinity)
{
    struct ke_line *made = NULL;
    KIRQL old = ke_guard_enter_quietly(&lines_guard);
    for (unsigned i = 0; i < LINES && made == NULL; i++) {
        if (!lines[i].used) {
            made = &lines[i];
            *made = (struct ke_line){.name = name,
                                     .irql = dirql,
                                     .trigger = trigger,
                                     .affinity = affinity,
                                     .group = group,
                                     .used = true};
            __atomic_fetch_or(&lines_at_level[dirql], 1ull << i, __ATOMIC_SEQ_CST);
        }
    }
    ke_guard_leave(&lines_guard, old);
    return made;
}

void ke_line_destroy(struct ke_line *line)
{
    KIRQL old = ke_guard_enter_quietly(&lines_guard);
    __atomic_fetch_and(&lines_at_level[line->irql], ~(1ull << (line - lines)), __ATOMIC_SEQ_CST);
    line->used = false;
    ke_guard_leave(&lines_guard, old);
}

struct ke_line *ke_line_object(struct ke_line *line)
{
    return line->group != NULL ? line->group : line;
}

KIRQL ke_line_irql(const struct ke_line *line)
{
    return line->irql;
}

void ke_line_aim(struct ke_line *line, KAFFINITY affinity)
{
    ke_about_to_change_always(ke_line_object(line), NULL);
    line->affinity = affinity;
}

unsigned ke_line_vector(const struct ke_line *line)
{
    return FIRST_VECTOR + (unsigned)(line - lines);
}

/* Which processors the next interrupt may come to: one of the line's affinity, on the explored engine the
 * first or all. */
static KAFFINITY line_targets(const struct ke_line *line)
{
    unsigned allowed[KE_MAXIMUM_PROCESSORS], count = 0;
    for (unsigned i = 0; i < ke_processor_count; i++) {
        if (line->affinity >> i & 1) {
            allowed[count++] = i;
        }
    }
    if (count == 0) {
        return 1;
    }
    if (ke_lines_anywhere) {
        return line->affinity;
    }
    unsigned chosen = ke_engine->step != NULL ? 0 : ke_choose(CHOICE_PLACEMENT, count);
    return (KAFFINITY)1 << allowed[chosen];
}

static void line_send(struct ke_line *line)
{
    KAFFINITY targets = line_targets(line);
    KE_STEP(ke_engine->entry_possible(ke_line_object(line), NULL));
    for (unsigned i = 0; i < ke_processor_count; i++) {
        if (targets >> i & 1) {
            __atomic_fetch_or(&ke_processors[i].lines, 1ull << (line - lines), __ATOMIC_SEQ_CST);
            ke_post(&ke_processors[i], line->irql);
        }
    }
}

void ke_line_assert_source(struct ke_line *line, unsigned source)
{
    ke_about_to_change_always(ke_line_object(line), NULL);
    ke_releases(line);
    KIRQL old = ke_guard_enter_quietly(&line->guard);
    bool send = !line->posted;
    if (line->trigger == KE_LEVEL_TRIGGERED) {
        line->asserted |= 1u << source;
    } else {
        line->again = !send;
    }
    line->posted = true;
    ke_guard_leave(&line->guard, old);
    if (send) {
        line_send(line);
    }
}

void ke_line_deassert_source(struct ke_line *line, unsigned source)
{
    ke_about_to_change_always(ke_line_object(line), NULL);
    KIRQL old = ke_guard_enter_quietly(&line->guard);
    line->asserted &= ~(1u << source);
    if (line->asserted == 0) {
        line->unserved = 0;
    }
    ke_guard_leave(&line->guard, old);
}

void ke_line_assert(struct ke_line *line)
{
    ke_line_assert_source(line, 0);
}

void ke_line_deassert(struct ke_line *line)
{
    ke_line_deassert_source(line, 0);
}

/* ---- service ----------------------------------------------------------------------------------- */

void ke_interrupt_lock(struct ke_interrupt *interrupt, bool for_service)
{
    interrupt = ke_interrupt_leader(interrupt);
    ke_spin_lock_take(ke_interrupt_spin_lock(interrupt));
    interrupt->owner = ke_processor();
    event_send(EVENT_INTERRUPT_LOCKED, ke_interrupt_spin_lock(interrupt), for_service, 0, 0, 0);
}

void ke_interrupt_unlock(struct ke_interrupt *interrupt)
{
    interrupt = ke_interrupt_leader(interrupt);
    event_send(EVENT_INTERRUPT_UNLOCKED, ke_interrupt_spin_lock(interrupt), 0, 0, 0, 0);
    interrupt->owner = NULL;
    ke_spin_lock_drop(ke_interrupt_spin_lock(interrupt));
}

/* To the interrupt's DIRQL from a level that is not above it; returns that level.  And back. */
static KIRQL interrupt_raise(const struct ke_interrupt *interrupt)
{
    ke_about_to_raise(interrupt->irql);
    KIRQL old = ke_irql();
    ke_irql_report(old, interrupt->irql, IRQL_CAUSE_INTERRUPT);
    ke_irql_store(interrupt->irql);
    return old;
}

static void interrupt_lower(const struct ke_interrupt *interrupt, KIRQL old)
{
    ke_about_to_lower(old);
    ke_irql_report(interrupt->irql, old, IRQL_CAUSE_INTERRUPT);
    ke_unmask(old);
}

/* A message that shares its lock may come in below the level that the lock is held at. */
static bool interrupt_call(struct ke_interrupt *interrupt)
{
    bool claimed = false, raises = ke_irql() < interrupt->irql;
    KIRQL old = raises ? interrupt_raise(interrupt) : ke_irql();
    ke_interrupt_lock(interrupt, true);
    if (interrupt->connected) {
        claimed = interrupt->service(interrupt, interrupt->context);
    }
    ke_interrupt_unlock(interrupt);
    if (raises) {
        interrupt_lower(interrupt, old);
    }
    return claimed;
}

static bool line_call(struct ke_line *line)
{
    struct ke_interrupt *sharers[LINE_SHARERS];
    bool claimed = false;
    KIRQL old = ke_guard_enter_quietly(&line->guard);
    for (unsigned i = 0; i < LINE_SHARERS; i++) {
        sharers[i] = line->interrupts[i];
    }
    line->serving++;
    ke_guard_leave(&line->guard, old);
    for (unsigned i = 0; i < LINE_SHARERS; i++) {
        if (sharers[i] != NULL) {
            claimed = interrupt_call(sharers[i]) || claimed;
        }
    }
    __atomic_fetch_sub(&line->serving, 1, __ATOMIC_RELEASE);
    return claimed;
}

/*
 * A level-triggered line that is still asserted interrupts again.  One that stays asserted however often
 * it is served would keep its processor at DIRQL for ever: Windows calls that an interrupt storm (IN-9).
 */
static void line_serve(struct ke_line *line)
{
    line_call(line);
    ke_about_to_change_always(ke_line_object(line), NULL);
    KIRQL old = ke_guard_enter_quietly(&line->guard);
    bool again = line->trigger == KE_LEVEL_TRIGGERED ? line->asserted != 0 : line->again;
    bool connected = false;
    for (unsigned i = 0; i < LINE_SHARERS; i++) {
        connected = connected || line->interrupts[i] != NULL;
    }
    line->again = false;
    line->unserved = again && line->trigger == KE_LEVEL_TRIGGERED ? line->unserved + 1 : 0;
    line->posted = again && connected; /* nobody listens: it waits for ke_interrupt_connect */
    bool storm = line->unserved > STORM_LIMIT;
    ke_guard_leave(&line->guard, old);
    if (storm) {
        ke_bugcheck(0xF2, 0, (ULONG_PTR)line->interrupts[0], (ULONG_PTR)line->interrupts[0], 1);
    }
    if (again && connected) {
        line_send(line);
    }
}

void ke_line_serve_on(struct ke_processor *processor, unsigned line)
{
    for (unsigned i = 0; i < ke_processor_count; i++) {
        __atomic_fetch_and(&ke_processors[i].lines, ~(1ull << line), __ATOMIC_SEQ_CST);
    }
    processor->interrupt_count++;
    line_serve(&lines[line]);
}

struct ke_line *ke_line_numbered(unsigned line)
{
    return &lines[line];
}

const char *ke_line_name(const struct ke_line *line)
{
    return line->name;
}

void ke_lines_serve(struct ke_processor *processor, KIRQL level)
{
    uint64_t at_level = lines_at_level[level];
    uint64_t waiting = __atomic_fetch_and(&processor->lines, ~at_level, __ATOMIC_SEQ_CST) & at_level;
    for (unsigned i = 0; waiting != 0; i++, waiting >>= 1) {
        if (waiting & 1) {
            processor->interrupt_count++;
            line_serve(&lines[i]);
        }
    }
}

/* ---- interrupt objects ------------------------------------------------------------------------- */

void ke_interrupt_connect(struct ke_interrupt *interrupt, struct ke_line *line)
{
    ke_interrupt_connect_shared(interrupt, line, interrupt, line->irql);
}

void ke_interrupt_connect_shared(struct ke_interrupt *interrupt, struct ke_line *line,
                                 struct ke_interrupt *leader, KIRQL irql)
{
    interrupt->line = line;
    interrupt->irql = irql;
    interrupt->leader = leader == interrupt ? NULL : leader;
    interrupt->lock = 0;
    interrupt->owner = NULL;
    interrupt->connected = TRUE;
    ke_about_to_change_always(ke_line_object(line), NULL);
    KIRQL old = ke_guard_enter_quietly(&line->guard);
    for (unsigned i = 0; i < LINE_SHARERS; i++) {
        if (line->interrupts[i] == NULL) {
            line->interrupts[i] = interrupt;
            break;
        }
    }
    bool send = line->asserted != 0 && !line->posted; /* asserted before anybody listened */
    line->posted = line->posted || send;
    ke_guard_leave(&line->guard, old);
    if (send) {
        line_send(line);
    }
}

/* Under the interrupt's lock, as its service routine looks at it: that one has ended, or will not be called.
 */
static void disconnect_locked(struct ke_interrupt *interrupt)
{
    KIRQL old = interrupt_raise(interrupt);
    ke_interrupt_lock(interrupt, true);
    interrupt->connected = FALSE;
    ke_interrupt_unlock(interrupt);
    interrupt_lower(interrupt, old);
}

void ke_interrupt_disconnect(struct ke_interrupt *interrupt)
{
    struct ke_line *line = interrupt->line;
    ke_about_to_change_always(ke_line_object(line), NULL);
    KIRQL old = ke_guard_enter_quietly(&line->guard);
    for (unsigned i = 0; i < LINE_SHARERS; i++) {
        if (line->interrupts[i] == interrupt) {
            line->interrupts[i] = NULL;
        }
    }
    ke_guard_leave(&line->guard, old);

    disconnect_locked(interrupt);
    event_send(EVENT_INTERRUPT_GONE, &interrupt->lock, 0, 0, 0, 0);
    if (ke_engine->step != NULL) {
        return; /* a service that is about to take the lock finds it disconnected, and memory is not used
                   again */
    }
    /* A service that began before may still have the object in its hands. */
    LARGE_INTEGER moment = {.QuadPart = -1000};
    while (__atomic_load_n(&line->serving, __ATOMIC_ACQUIRE) != 0 ||
           !ke_spin_lock_is_unused(ke_interrupt_spin_lock(interrupt))) {
        KeDelayExecutionThread(KernelMode, FALSE, &moment);
    }
}

void ke_interrupt_check_free(struct ke_interrupt *leader)
{
    if (leader->owner == ke_processor()) {
        (void)event_misuse(
            "SpinLockRecursive",
            "an interrupt spin lock is acquired by the processor that holds it already, in the "
            "service routine say: it would wait for itself for ever",
            ke_interrupt_spin_lock(leader), 0xF, (uintptr_t)ke_interrupt_spin_lock(leader));
        ke_bugcheck(0xF, (uintptr_t)ke_interrupt_spin_lock(leader), 0, 0, 0);
    }
}

BOOLEAN ke_interrupt_synchronize(struct ke_interrupt *interrupt, BOOLEAN (*routine)(void *), void *context,
                                 const char *name)
{
    KIRQL old = interrupt_raise(interrupt);
    ke_interrupt_check_free(ke_interrupt_leader(interrupt));
    ke_interrupt_lock(interrupt, false);
    struct callback_frame frame;
    callback_enter(&frame, CALLBACK_SYNCHRONIZE, name, (const void *)(uintptr_t)routine);
    BOOLEAN result = routine(context);
    callback_leave(&frame);
    ke_interrupt_unlock(interrupt);
    interrupt_lower(interrupt, old);
    return result;
}
