/*
 * torture.c - one stress body for every kind of mutual exclusion (kinds.h): threads that are preempted
 * and migrate, DPCs from timers and interrupts, ISRs that land in the middle of critical sections, on
 * more processors than the machine has cores.
 *
 * A critical section increments ten plain counters and checks them on the way; at the end each counter
 * must be exactly the number of sections entered.  Every thread also waits now and then for an event
 * that a DPC on some processor sets: a lost wake-up is a failure, not a hang.
 *
 * usage: torture KIND [--seconds N] [--processors N] [--threads N]; KIND "all" takes them in turn.
 * What this does not show: orders that the host's scheduler never produces.
 * UNDIS_TEST_INLINE(ndis ndis_dpr ke rw)
 */
#include <ndis.h>

#include "machine.h"
#include "kinds.h"

#define THREADS_MAXIMUM 128

static const struct kind *kind;
static unsigned seconds = 1, processors = 6, thread_count = 10;

static struct worker {
    struct thread thread;
    ULONG seed;
    KEVENT answered;
    struct dpc answer;
    volatile LONG entered, waits, migrations, progress;
} workers[THREADS_MAXIMUM];

static volatile LONG stop, dpc_entered, isr_entered;
static volatile LONG inside[64]; /* per processor: code below is inside a section */
static volatile LONG isr_hits;   /* ISRs that interrupted a section on their own processor */
static struct isr isrs[3];
static struct dpc section_dpcs[64];
static KTIMER periodic_timer, one_shot_timer;

static ULONG next_random(ULONG *seed)
{
    *seed = *seed * 1664525U + 1013904223U;
    return *seed >> 8;
}

/* ---- the critical section ---------------------------------------------------------------------- */

static void work_in(struct section *section)
{
    ULONG expected = section->words[0];
    for (int i = 0; i < SECTION_WORDS; i++) {
        volatile ULONG *word = &section->words[i];
        if (*word != expected) {
            check_fail(__FILE__, __LINE__, "word %d is %u, expected %u: two were inside", i, (unsigned)*word,
                       (unsigned)expected);
            *word = expected;
        }
        YieldProcessor(); /* time for an interrupt to land here */
        *word = *word + 1;
    }
}

static void look_in(const struct section *section)
{
    ULONG expected = section->words[0];
    for (int i = 0; i < SECTION_WORDS; i++) {
        const volatile ULONG *word = &section->words[i];
        if (*word != expected) {
            check_fail(__FILE__, __LINE__, "word %d is %u, expected %u: a writer was inside", i,
                       (unsigned)*word, (unsigned)expected);
        }
        YieldProcessor();
    }
}

static void work_as(struct section *section, bool reads)
{
    if (reads) {
        look_in(section);
    } else {
        work_in(section);
    }
}

/* IRQL is DISPATCH_LEVEL or above here, so the processor stays the same. */
static void work_marked(struct section *section, bool reads)
{
    ULONG processor = KeGetCurrentProcessorNumber();
    LONG before = inside[processor];
    inside[processor] = 1;
    work_as(section, reads);
    inside[processor] = before;
}

static void work(struct section *section, bool reads)
{
    if (KeGetCurrentIrql() >= DISPATCH_LEVEL) {
        work_marked(section, reads);
    } else {
        work_as(section, reads);
    }
}

static bool reads_by(ULONG choice)
{
    return kind->readers && (choice & 3) != 0;
}

static BOOLEAN work_synchronized(void *argument)
{
    (void)argument;
    work(&shared.section, false);
    return TRUE;
}

/* Returns how many sections this was, 0 or 1; one that only looked is none. */
static LONG enter_as_thread(ULONG choice)
{
    struct held held = {.reads = reads_by(choice)};
    if (kind->synchronized) {
        return ke_interrupt_synchronize(&isrs[0].interrupt, work_synchronized, NULL, "work");
    }
    struct section *section = kind->thread_in(&held);
    if (section == NULL) {
        return 0;
    }
    work(section, held.reads);
    kind->thread_out(section, &held);
    return !held.reads;
}

/* ---- DPCs and ISRs ----------------------------------------------------------------------------- */

static void section_dpc_body(void *argument)
{
    (void)argument;
    CHECK_EQ(KeGetCurrentIrql(), DISPATCH_LEVEL);
    if (stop) {
        return;
    }
    if (kind->synchronized) {
        ke_interrupt_synchronize(&isrs[0].interrupt, work_synchronized, NULL, "work");
        InterlockedIncrement(&dpc_entered);
    } else if (kind->dpc_in != NULL) {
        static volatile LONG turns;
        struct held held = {.reads = reads_by((ULONG)InterlockedIncrement(&turns))};
        struct section *section = kind->dpc_in(&held);
        if (section != NULL) {
            work_marked(section, held.reads);
            kind->dpc_out(section, &held);
            InterlockedExchangeAdd(&dpc_entered, !held.reads);
        }
    }
}

/* The lowest line's ISR shares the section in the synchronised kind; the others only interrupt. */
static void isr_body(void *argument)
{
    struct isr *isr = argument;
    ULONG processor = KeGetCurrentProcessorNumber();
    CHECK_EQ(KeGetCurrentIrql(), isr->interrupt.irql);
    if (inside[processor] != 0) {
        InterlockedIncrement(&isr_hits);
        if (kind->synchronized && isr == &isrs[0]) {
            check_fail(__FILE__, __LINE__, "the ISR came into a synchronised routine");
        }
    }
    if (kind->synchronized && isr == &isrs[0]) {
        work(&shared.section, false);
        InterlockedIncrement(&isr_entered);
    }
    dpc_queue(&section_dpcs[processor]);
}

/* ---- threads ----------------------------------------------------------------------------------- */

static void set_answer(void *argument)
{
    struct worker *worker = argument;
    KeSetEvent(&worker->answered, IO_NO_INCREMENT, FALSE);
}

static void wait_for_an_answer(struct worker *worker)
{
    LARGE_INTEGER timeout = {.QuadPart = -MS_TO_100NS(60000)};
    dpc_init(&worker->answer, set_answer, worker, (int)(next_random(&worker->seed) % processors));
    dpc_queue(&worker->answer);
    if (KeWaitForSingleObject(&worker->answered, Executive, KernelMode, FALSE, &timeout) != STATUS_SUCCESS) {
        check_fail(__FILE__, __LINE__, "lost wake-up: no answer from a DPC in 60 s");
        stop = 1;
    }
    SLEEP_UNTIL(worker->answer.runs == 1);
    worker->waits++;
}

static void work_as_thread(void *argument)
{
    struct worker *worker = argument;
    ULONG processor = KeGetCurrentProcessorNumber();
    bool roams = (worker - workers) % 2 == 0;
    KeInitializeEvent(&worker->answered, SynchronizationEvent, FALSE);
    while (!stop) {
        ULONG choice = next_random(&worker->seed);
        worker->entered += enter_as_thread(choice >> 9);
        worker->progress++;
        CHECK_EQ(KeGetCurrentIrql(), PASSIVE_LEVEL);
        if (choice % 512 == 0) {
            wait_for_an_answer(worker);
        } else if (choice % 512 == 1 && roams) {
            run_on(next_random(&worker->seed) % processors);
        } else if (choice % 512 == 2) {
            sleep_ms(1);
        }
        ULONG now = KeGetCurrentProcessorNumber();
        worker->migrations += now != processor;
        processor = now;
    }
}

/* ---- the run ----------------------------------------------------------------------------------- */

static void start_noise(struct outside *outside)
{
    LARGE_INTEGER due = {.QuadPart = -MS_TO_100NS(1)};
    static struct dpc timer_dpc;
    for (unsigned i = 0; i < processors; i++) {
        dpc_init(&section_dpcs[i], section_dpc_body, NULL, (int)i);
    }
    for (int i = 0; i < 3; i++) {
        isr_connect(&isrs[i], (KIRQL)(4 + 3 * i), ~0ULL >> (64 - processors), isr_body, &isrs[i]);
        outside->lines[i] = isrs[i].line;
    }
    outside->line_count = 3;
    dpc_init(&timer_dpc, section_dpc_body, NULL, -1);
    KeInitializeTimerEx(&periodic_timer, SynchronizationTimer);
    KeInitializeTimer(&one_shot_timer);
    KeSetTimerEx(&periodic_timer, due, 3, &timer_dpc.object);
    outside_start(outside, 50000);
}

static void stop_noise(struct outside *outside)
{
    outside_stop(outside);
    KeCancelTimer(&periodic_timer);
    for (int i = 0; i < 3; i++) {
        isr_disconnect(&isrs[i]);
    }
    KeFlushQueuedDpcs();
}

/* Where a section keeps DPCs out, an ISR must have been seen to land in one, if there were many sections. */
static bool wants_hits(void)
{
    return kind->synchronized || (kind->raises && !kind->in_turn);
}

/* A loaded host may need longer than was asked for, until all got on and the first ISR lands in a section. */
static bool has_seen_all(void)
{
    for (unsigned i = 0; i < thread_count; i++) {
        if (workers[i].progress == 0) {
            return false;
        }
    }
    return !wants_hits() || isr_hits != 0;
}

static bool is_over(ULONGLONG until)
{
    ULONGLONG patience = has_seen_all() ? 0 : (ULONGLONG)MS_TO_100NS(30000);
    return KeQueryInterruptTime() >= until + patience;
}

/* Lets time pass with one-shot timers; every 30 s looks whether each thread got on. */
static void let_time_pass(void)
{
    LONG last[THREADS_MAXIMUM] = {0};
    ULONGLONG until = KeQueryInterruptTime() + (ULONGLONG)MS_TO_100NS(1000) * seconds;
    ULONGLONG look = KeQueryInterruptTime() + (ULONGLONG)MS_TO_100NS(30000);
    while (!stop && !is_over(until)) {
        LARGE_INTEGER due = {.QuadPart = -MS_TO_100NS(20)};
        KeSetTimer(&one_shot_timer, due, NULL);
        KeWaitForSingleObject(&one_shot_timer, Executive, KernelMode, FALSE, NULL);
        if (KeQueryInterruptTime() < look) {
            continue;
        }
        look += (ULONGLONG)MS_TO_100NS(30000);
        for (unsigned i = 0; i < thread_count; i++) {
            if (workers[i].progress == last[i]) {
                check_fail(__FILE__, __LINE__, "thread %u did not get on for 30 s", i);
            }
            last[i] = workers[i].progress;
        }
    }
}

static ULONG sum_of_words(int word)
{
    ULONG sum = shared.section.words[word];
    for (int i = 0; i < TOKENS; i++) {
        sum += shared.tokens[i].words[word];
    }
    return sum;
}

static void verify(const struct outside *outside)
{
    ULONG entered = (ULONG)dpc_entered + (ULONG)isr_entered, waits = 0, migrations = 0;
    for (unsigned i = 0; i < thread_count; i++) {
        CHECK(workers[i].progress > 0);
        entered += (ULONG)workers[i].entered;
        waits += (ULONG)workers[i].waits;
        migrations += (ULONG)workers[i].migrations;
    }
    for (int i = 0; i < SECTION_WORDS; i++) {
        CHECK_EQ(sum_of_words(i), entered);
    }
    LONG interrupts = isrs[0].runs + isrs[1].runs + isrs[2].runs;
    CHECK(entered > 0 && interrupts > 0);
    CHECK(kind->in_turn || waits > 0);
    CHECK(kind->in_turn || processors == 1 || migrations > 0);
    if (wants_hits()) {
        CHECK(isr_hits > 0);
    }
    char line[256];
    int length =
        snprintf(line, sizeof line,
                 "%-18s sections %u (DPC %d, ISR %d) waits %u migrations %u interrupts %d of %llu "
                 "into sections %d\n",
                 kind->name, (unsigned)entered, (int)dpc_entered, (int)isr_entered, (unsigned)waits,
                 (unsigned)migrations, (int)interrupts, (unsigned long long)outside->asserted, (int)isr_hits);
    CHECK(write(STDOUT_FILENO, line, (size_t)length) == length);
}

static void torture(void)
{
    struct outside outside = {0};
    memset(workers, 0, sizeof workers);
    memset(&shared, 0, sizeof shared);
    stop = dpc_entered = isr_entered = isr_hits = 0;
    NdisAllocateSpinLock(&shared.ndis);
    if (kind->setup != NULL) {
        kind->setup();
    }
    start_noise(&outside);
    for (unsigned i = 0; i < thread_count; i++) {
        workers[i].seed = i + 1;
        thread_start(&workers[i].thread, work_as_thread, &workers[i], -1);
    }
    let_time_pass();
    stop = 1;
    for (unsigned i = 0; i < thread_count; i++) {
        thread_join(&workers[i].thread);
    }
    stop_noise(&outside);
    NdisFreeSpinLock(&shared.ndis);
    if (shared.rw != NULL) {
        NdisFreeRWLock(shared.rw);
    }
    verify(&outside);
}

#define KIND_BODY(name)                                                                                      \
    static void torture_##name(void *argument)                                                               \
    {                                                                                                        \
        (void)argument;                                                                                      \
        kind = &kind_##name;                                                                                 \
        torture();                                                                                           \
    }

KIND_BODY(ndis)
KIND_BODY(ndis_dpr)
KIND_BODY(ke)
KIND_BODY(ke_try)
KIND_BODY(queued)
KIND_BODY(rw)
KIND_BODY(rw_old)
KIND_BODY(ex_spin)
KIND_BODY(interlocked_list)
KIND_BODY(interlocked_slist)
KIND_BODY(mutex)
KIND_BODY(event)
KIND_BODY(semaphore)
KIND_BODY(fast_mutex)
KIND_BODY(synchronize)

static void torture_all(void *argument)
{
    void (*const bodies[])(void *) = {torture_ndis,
                                      torture_ndis_dpr,
                                      torture_ke,
                                      torture_ke_try,
                                      torture_queued,
                                      torture_rw,
                                      torture_rw_old,
                                      torture_ex_spin,
                                      torture_interlocked_list,
                                      torture_interlocked_slist,
                                      torture_mutex,
                                      torture_event,
                                      torture_semaphore,
                                      torture_fast_mutex,
                                      torture_synchronize};
    size_t count = sizeof bodies / sizeof bodies[0];
    seconds = seconds < count ? 1 : seconds / (unsigned)count;
    for (size_t i = 0; i < count; i++) {
        bodies[i](argument);
    }
}

/* clang-format off */
static const struct test_case cases[] = {
    CASE("ndis", torture_ndis, "", 0, BOTH),
    CASE("ndis_dpr", torture_ndis_dpr, "", 0, BOTH),
    CASE("ke", torture_ke, "", 0, BOTH),
    CASE("ke_try", torture_ke_try, "", 0, BOTH),
    CASE("queued", torture_queued, "", 0, BOTH),
    CASE("rw", torture_rw, "", 0, BOTH),
    CASE("rw_old", torture_rw_old, "", 0, FREE),
    CASE("ex_spin", torture_ex_spin, "", 0, BOTH),
    CASE("interlocked_list", torture_interlocked_list, "", 0, BOTH),
    CASE("interlocked_slist", torture_interlocked_slist, "", 0, BOTH),
    CASE("mutex", torture_mutex, "", 0, BOTH),
    CASE("event", torture_event, "", 0, BOTH),
    CASE("semaphore", torture_semaphore, "", 0, BOTH),
    CASE("fast_mutex", torture_fast_mutex, "", 0, FREE),
    CASE("synchronize", torture_synchronize, "", 0, BOTH),
};
/* clang-format on */

static const struct test_case all = {"all", torture_all, "", 0, "BOTH"};

static unsigned number_in(const char *text, unsigned low, unsigned high)
{
    char *end;
    unsigned long value = strtoul(text, &end, 10);
    if (*end != '\0' || end == text || value < low || value > high) {
        fprintf(stderr, "%s is not a number from %u to %u\n", text, low, high);
        exit(2);
    }
    return (unsigned)value;
}

static int run_kind(const struct test_case *which)
{
    struct test_case test = *which;
    test.processors = processors;
    check_options.timeout_seconds = seconds * 2.0 + 120;
    check_options.watchdog_seconds = 30;
    return check_run_case(&test);
}

int main(int argc, char **argv)
{
    const char *name = "all";
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--seconds") == 0 && i + 1 < argc) {
            seconds = number_in(argv[++i], 1, 1000000);
        } else if (strcmp(argv[i], "--processors") == 0 && i + 1 < argc) {
            processors = number_in(argv[++i], 1, 64);
        } else if (strcmp(argv[i], "--threads") == 0 && i + 1 < argc) {
            thread_count = number_in(argv[++i], 2, THREADS_MAXIMUM);
        } else {
            name = argv[i];
        }
    }
    if (strcmp(name, "all") == 0) {
        return run_kind(&all);
    }
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        if (strcmp(cases[i].name, name) == 0) {
            return run_kind(&cases[i]);
        }
    }
    fprintf(stderr, "usage: torture [KIND] [--seconds N] [--processors N] [--threads N]\n");
    return 2;
}
