/*
 * free.c - the free-running engine (design contract 2).
 *
 * A processor is a host thread; the host's scheduler decides how far each gets.  One host thread is the
 * clock: it interrupts a processor when a timer is due, and all that run threads while others wait.
 */
#include "ke/dispatch.h"
#include "ke/engine.h"

#define QUANTUM_NS 1000000u

static uint64_t started_at;
static uint64_t outside_random;
static struct host_thread clock_thread;
static volatile uint64_t next_due;   /* written under the dispatcher guard */
static volatile uint32_t clock_word; /* changes whenever the clock must look anew */
static volatile bool clock_rests;    /* it sleeps without timing quanta */
static volatile bool clock_stop;

static uint64_t free_now(void)
{
    return host_now_ns() - started_at;
}

static void free_kick(struct ke_processor *processor)
{
    if (processor->host.tid != 0) {
        host_thread_interrupt(&processor->host);
    }
}

static void free_wake(struct ke_processor *processor)
{
    host_wake(&processor->wake, 1);
}

static void free_idle(struct ke_processor *processor, uint32_t seen)
{
    host_wait(&processor->wake, seen, 0);
}

static void free_lock_wait(volatile uint32_t *word, uint32_t expected, uint64_t timeout_ns)
{
    host_wait(word, expected, timeout_ns);
}

static void free_lock_wake(volatile uint32_t *word)
{
    host_wake(word, 1);
}

/* splitmix64: one state a processor, advanced by one addition, so that drawing needs no lock. */
static unsigned free_choose(enum choice_kind kind, unsigned count)
{
    (void)kind;
    KIRQL old = ke_mask();
    struct ke_processor *processor = ke_processor();
    uint64_t *state = processor == &ke_outside ? &outside_random : &processor->random;
    uint64_t x = __atomic_add_fetch(state, 0x9E3779B97F4A7C15u, __ATOMIC_RELAXED);
    ke_unmask(old);
    x = (x ^ x >> 30) * 0xBF58476D1CE4E5B9u;
    x = (x ^ x >> 27) * 0x94D049BB133111EBu;
    return (unsigned)((x >> 31) % count);
}

/* ---- the clock --------------------------------------------------------------------------------- */

static void clock_look(void)
{
    __atomic_fetch_add(&clock_word, 1, __ATOMIC_SEQ_CST);
    host_wake(&clock_word, 1);
}

static void free_timer_due(uint64_t due)
{
    bool earlier = due < next_due;
    next_due = due;
    if (earlier) {
        clock_look();
    }
}

static void free_thread_waits(void)
{
    if (clock_rests) {
        clock_look();
    }
}

static uint64_t until(uint64_t due, uint64_t now)
{
    return due == UINT64_MAX ? 0 : due > now ? due - now : QUANTUM_NS;
}

/* Sleeps until a timer may be due or a quantum is over.  A due timer already posted is asked for again after
 * a quantum.  Whatever it goes by, the end too, is read after clock_word: who changes it counts that up
 * afterwards. */
static void clock_sleep(uint64_t posted)
{
    uint32_t seen = __atomic_load_n(&clock_word, __ATOMIC_SEQ_CST);
    if (clock_stop) {
        return;
    }
    __atomic_store_n(&clock_rests, true, __ATOMIC_SEQ_CST);
    bool quanta = ke_ready_threads() != 0;
    clock_rests = !quanta;
    uint64_t now = free_now(), due = next_due;
    uint64_t sleep = until(due, now);
    if (due <= now && due != posted) {
        return;
    }
    if (quanta && (sleep == 0 || sleep > QUANTUM_NS)) {
        sleep = QUANTUM_NS;
    }
    host_wait(&clock_word, seen, sleep);
}

/* The quantum of every processor that runs something is over. */
static void clock_tick(void)
{
    for (unsigned i = 0; i < ke_processor_count; i++) {
        if (!ke_processors[i].idle) {
            ke_post(&ke_processors[i], CLOCK_LEVEL);
        }
    }
}

static void clock_main(void *argument)
{
    unsigned turn = 0;
    uint64_t last_tick = 0, posted = UINT64_MAX, posted_at = 0;
    (void)argument;
    while (!clock_stop) {
        clock_sleep(posted);
        uint64_t now = free_now(), due = next_due;
        if (due <= now && (due != posted || now - posted_at >= QUANTUM_NS)) {
            posted = due;
            posted_at = now;
            ke_post(&ke_processors[turn++ % ke_processor_count], CLOCK_LEVEL);
        }
        if (ke_ready_threads() != 0 && now - last_tick >= QUANTUM_NS) {
            last_tick = now;
            clock_tick();
        }
    }
}

static void free_start(uint64_t seed)
{
    started_at = host_now_ns();
    next_due = UINT64_MAX;
    outside_random = ~seed;
    clock_thread.name = "clock";
    clock_thread.region = &ke_outside;
    host_thread_start(&clock_thread, clock_main, NULL);
}

static void free_stop(void)
{
    clock_stop = true;
    clock_look();
    host_thread_join(&clock_thread);
}

static const struct ke_engine free_engine = {
    .name = "free-running",
    .start = free_start,
    .stop = free_stop,
    .now = free_now,
    .kick = free_kick,
    .wake = free_wake,
    .idle = free_idle,
    .lock_wait = free_lock_wait,
    .lock_wake = free_lock_wake,
    .timer_due = free_timer_due,
    .thread_waits = free_thread_waits,
    .choose = free_choose,
};

const struct ke_engine *ke_engine = &free_engine;
