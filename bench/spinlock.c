/*
 * spinlock.c - what an acquire/release pair costs: the NDIS spin lock in the free build beside the host's own
 * locks, measured in one process, in turns, so that all see the same machine.
 *
 * Uncontended: one processor, the median of many rounds.  Contended: two simulated processors (or two host
 * threads) take turns at one lock around a short critical section; the figure is time per pair over
 * all, and the median of the rounds.  What is not guaranteed: on a machine that has fewer free cores than
 * two, or shares them with other work, contended figures say more about its scheduler than about the locks.
 */
#include <ndis.h>

#include <undis/undis.h>

#include <pthread.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define ROUNDS 21
#define PAIRS_ALONE 1000000u
#define PAIRS_SHARED 200000u
#define SHARERS 2u

static uint64_t now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

/* ---- the locks ----------------------------------------------------------------------------------- */

static NDIS_SPIN_LOCK ndis_lock;
static pthread_spinlock_t spin_lock;
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static volatile uint32_t bare_lock;
static volatile uint64_t shared;

static inline void bare_acquire(void)
{
    while (__atomic_exchange_n(&bare_lock, 1, __ATOMIC_ACQUIRE) != 0) {
        while (bare_lock != 0) {
            __builtin_ia32_pause();
        }
    }
}

static inline void bare_release(void)
{
    __atomic_store_n(&bare_lock, 0, __ATOMIC_RELEASE);
}

/* One loop a lock, so that nothing is called through a pointer in the measured part. */
#define LOOP(name, acquire, release)                                                                         \
    static void name(unsigned pairs)                                                                         \
    {                                                                                                        \
        for (unsigned i = 0; i < pairs; i++) {                                                               \
            acquire;                                                                                         \
            shared = shared + 1;                                                                             \
            release;                                                                                         \
        }                                                                                                    \
    }
LOOP(loop_bare, bare_acquire(), bare_release())
LOOP(loop_pthread_spin, pthread_spin_lock(&spin_lock), pthread_spin_unlock(&spin_lock))
LOOP(loop_pthread_mutex, pthread_mutex_lock(&mutex), pthread_mutex_unlock(&mutex))
LOOP(loop_ndis, NdisAcquireSpinLock(&ndis_lock), NdisReleaseSpinLock(&ndis_lock))
LOOP(loop_ndis_dpr, NdisDprAcquireSpinLock(&ndis_lock), NdisDprReleaseSpinLock(&ndis_lock))

enum kind { BARE, PTHREAD_SPIN, PTHREAD_MUTEX, NDIS, NDIS_DPR, KINDS };

static const struct {
    const char *name;
    void (*loop)(unsigned pairs);
    int on_processors; /* runs in system threads of the simulated machine */
} locks[KINDS] = {
    [BARE] = {"xchg + store", loop_bare, 0},
    [PTHREAD_SPIN] = {"pthread_spin", loop_pthread_spin, 0},
    [PTHREAD_MUTEX] = {"pthread_mutex", loop_pthread_mutex, 0},
    [NDIS] = {"NdisAcquire/ReleaseSpinLock", loop_ndis, 1},
    [NDIS_DPR] = {"NdisDprAcquire/ReleaseSpinLock", loop_ndis_dpr, 1},
};

static double alone[KINDS][ROUNDS], together[KINDS][ROUNDS]; /* nanoseconds a pair */

/* ---- contended rounds ---------------------------------------------------------------------------- */

struct turn {
    enum kind kind;
    volatile unsigned ready, done;
    uint64_t begin[SHARERS], end[SHARERS];
};
static struct turn turn;

/* One side of a contended round: starts together with the other one and notes its own times. */
static void share(unsigned number)
{
    KIRQL irql = PASSIVE_LEVEL;
    __atomic_add_fetch(&turn.ready, 1, __ATOMIC_SEQ_CST);
    while (__atomic_load_n(&turn.ready, __ATOMIC_SEQ_CST) != SHARERS) {
        sched_yield();
    }
    turn.begin[number] = now_ns();
    if (turn.kind == NDIS_DPR) {
        KeRaiseIrql(DISPATCH_LEVEL, &irql);
    }
    locks[turn.kind].loop(PAIRS_SHARED);
    if (turn.kind == NDIS_DPR) {
        KeLowerIrql(irql);
    }
    turn.end[number] = now_ns();
    __atomic_add_fetch(&turn.done, 1, __ATOMIC_SEQ_CST);
}

/* The host locks' sides: host threads from before the machine started, which take one round each time. */
static pthread_t host_sharers[SHARERS];
static pthread_barrier_t host_gate;
static volatile unsigned host_round, host_stop;

static void *host_sharer(void *argument)
{
    for (unsigned seen = 0;; seen++) {
        while (__atomic_load_n(&host_round, __ATOMIC_ACQUIRE) == seen) {
            struct timespec pause = {.tv_nsec = 100000};
            nanosleep(&pause, NULL);
        }
        if (host_stop) {
            return NULL;
        }
        share((unsigned)(uintptr_t)argument);
        pthread_barrier_wait(&host_gate);
    }
}

static VOID processor_sharer(PVOID argument)
{
    unsigned number = (unsigned)(uintptr_t)argument;
    KeSetSystemAffinityThread((KAFFINITY)1 << number);
    share(number);
    PsTerminateSystemThread(STATUS_SUCCESS);
}

static void start_on_processors(void)
{
    for (uintptr_t i = 0; i < SHARERS; i++) {
        HANDLE handle;
        if (!NT_SUCCESS(PsCreateSystemThread(&handle, THREAD_ALL_ACCESS, NULL, NULL, NULL, processor_sharer,
                                             (PVOID)i))) {
            abort();
        }
        ZwClose(handle);
    }
}

static double measure_together(enum kind kind)
{
    turn = (struct turn){.kind = kind};
    if (locks[kind].on_processors) {
        start_on_processors();
    } else {
        __atomic_add_fetch(&host_round, 1, __ATOMIC_RELEASE);
    }
    LARGE_INTEGER pause = {.QuadPart = -10000}; /* 1 ms */
    while (__atomic_load_n(&turn.done, __ATOMIC_SEQ_CST) != SHARERS) {
        KeDelayExecutionThread(KernelMode, FALSE, &pause);
    }
    uint64_t begin = UINT64_MAX, end = 0;
    for (unsigned i = 0; i < SHARERS; i++) {
        begin = turn.begin[i] < begin ? turn.begin[i] : begin;
        end = turn.end[i] > end ? turn.end[i] : end;
    }
    return (double)(end - begin) / ((double)PAIRS_SHARED * SHARERS);
}

static double measure_alone(enum kind kind)
{
    KIRQL irql = PASSIVE_LEVEL;
    if (kind == NDIS_DPR) {
        KeRaiseIrql(DISPATCH_LEVEL, &irql);
    }
    uint64_t begin = now_ns();
    locks[kind].loop(PAIRS_ALONE);
    double each = (double)(now_ns() - begin) / PAIRS_ALONE;
    if (kind == NDIS_DPR) {
        KeLowerIrql(irql);
    }
    return each;
}

/* Everything runs in the machine's first thread, the host's locks too, one round of each lock after another.
 */
static void body(void *argument)
{
    (void)argument;
    NdisAllocateSpinLock(&ndis_lock);
    for (unsigned round = 0; round < ROUNDS; round++) {
        for (enum kind kind = 0; kind < KINDS; kind++) {
            alone[kind][round] = measure_alone(kind);
        }
    }
    for (unsigned round = 0; round < ROUNDS; round++) {
        for (enum kind kind = 0; kind < KINDS; kind++) {
            together[kind][round] = measure_together(kind);
        }
    }
    NdisFreeSpinLock(&ndis_lock);
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median(double *values)
{
    qsort(values, ROUNDS, sizeof(*values), compare);
    return values[ROUNDS / 2];
}

static void print(void)
{
    double spin_alone = median(alone[PTHREAD_SPIN]), spin_together = median(together[PTHREAD_SPIN]);
    printf("acquire + release, medians of %u rounds in turns\n\n", ROUNDS);
    printf("%-32s %12s %8s   %12s %8s\n", "", "uncontended", "ratio", "2 contend", "ratio");
    for (enum kind kind = 0; kind < KINDS; kind++) {
        double one = median(alone[kind]), two = median(together[kind]);
        printf("%-32s %9.1f ns %8.2f   %9.1f ns %8.2f\n", locks[kind].name, one, one / spin_alone, two,
               two / spin_together);
    }
    printf("\nratio: to pthread_spin of this run\n");
}

int main(void)
{
    pthread_spin_init(&spin_lock, PTHREAD_PROCESS_PRIVATE);
    pthread_barrier_init(&host_gate, NULL, SHARERS);
    for (uintptr_t i = 0; i < SHARERS; i++) {
        if (pthread_create(&host_sharers[i], NULL, host_sharer, (void *)i) != 0) {
            fputs("bench: cannot start a thread\n", stderr);
            return 1;
        }
    }
    const struct undis_options options = {.processors = SHARERS + 1, .watchdog_seconds = 60};
    if (undis_run(&options, body, NULL) != UNDIS_ENDED) {
        fputs("bench: the machine stopped\n", stderr);
        return 1;
    }
    host_stop = 1;
    __atomic_add_fetch(&host_round, 1, __ATOMIC_RELEASE);
    for (unsigned i = 0; i < SHARERS; i++) {
        pthread_join(host_sharers[i], NULL);
    }
    print();
    return 0;
}
