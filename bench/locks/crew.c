/*
 * crew.c - the crews.
 *
 * A member sleeps on a futex word of its own, on a simulated processor too: nothing of the simulated kernel,
 * timers above all, then runs beside a measure.
 */
#include <ndis.h>

#include <undis/undis.h>

#include "crew.h"

#include <linux/futex.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <unistd.h>

struct station {
    volatile uint32_t order; /* changes when there is work */
    enum place place;
} __attribute__((aligned(64)));

static unsigned crew_size;
static struct member members[CREW_MAXIMUM];
static struct station stations[2][CREW_MAXIMUM]; /* of host threads, of processors */
static volatile uint32_t arrived;                /* members that stand at their stations */
static volatile uint32_t leaving;
static volatile uint32_t left;
static KEVENT all_left;

static struct {
    unsigned count;
    void (*prepare)(void);
    void (*work)(struct member *);
    volatile uint32_t ready, prepared, back;
} task;

static void futex_wait(volatile uint32_t *word, uint32_t seen)
{
    syscall(SYS_futex, word, FUTEX_WAIT_PRIVATE, seen, NULL, NULL, 0);
}

static void futex_wake(volatile uint32_t *word)
{
    syscall(SYS_futex, word, FUTEX_WAKE_PRIVATE, INT32_MAX, NULL, NULL, 0);
}

static uint32_t add(volatile uint32_t *word)
{
    uint32_t sum = __atomic_add_fetch(word, 1, __ATOMIC_SEQ_CST);
    futex_wake(word);
    return sum;
}

static void wait_for(volatile uint32_t *word, uint32_t wanted)
{
    for (uint32_t seen; (seen = __atomic_load_n(word, __ATOMIC_SEQ_CST)) != wanted;) {
        futex_wait(word, seen);
    }
}

/* Everybody is there before anybody works: a member that is still being woken would leave the others alone.
 */
static void gather(struct member *self)
{
    if (self->number == 0) {
        if (task.prepare != NULL) {
            task.prepare();
        }
        __atomic_store_n(&task.prepared, 1, __ATOMIC_SEQ_CST);
    }
    __atomic_add_fetch(&task.ready, 1, __ATOMIC_SEQ_CST);
    while (__atomic_load_n(&task.ready, __ATOMIC_SEQ_CST) != task.count || task.prepared == 0) {
        sched_yield();
    }
}

static void work_at(struct member *self, enum place place)
{
    KIRQL irql = PASSIVE_LEVEL;
    gather(self);
    if (place == ON_RAISED) {
        KeRaiseIrql(DISPATCH_LEVEL, &irql);
    }
    task.work(self);
    if (place == ON_RAISED) {
        KeLowerIrql(irql);
    }
    add(&task.back);
}

static void serve(struct station *station, struct member *self)
{
    uint32_t seen = 0;
    add(&arrived);
    for (;;) {
        while (__atomic_load_n(&station->order, __ATOMIC_SEQ_CST) == seen) {
            futex_wait(&station->order, seen);
        }
        seen++;
        if (leaving) {
            return;
        }
        work_at(self, station->place);
    }
}

static void *serve_on_host(void *argument)
{
    unsigned number = (unsigned)(uintptr_t)argument;
    serve(&stations[0][number], &members[number]);
    return NULL;
}

static VOID serve_on_processor(PVOID argument)
{
    unsigned number = (unsigned)(uintptr_t)argument;
    KeSetSystemAffinityThread((KAFFINITY)1 << number);
    serve(&stations[1][number], &members[number]);
    if (__atomic_add_fetch(&left, 1, __ATOMIC_SEQ_CST) == crew_size) {
        KeSetEvent(&all_left, 0, FALSE);
    }
    PsTerminateSystemThread(STATUS_SUCCESS);
}

/* The machine's first thread: starts the members and is out of the way until they are gone. */
static void machine_body(void *argument)
{
    (void)argument;
    KeInitializeEvent(&all_left, NotificationEvent, FALSE);
    for (uintptr_t i = 0; i < crew_size; i++) {
        HANDLE handle;
        if (!NT_SUCCESS(PsCreateSystemThread(&handle, THREAD_ALL_ACCESS, NULL, NULL, NULL, serve_on_processor,
                                             (PVOID)i))) {
            fputs("bench: cannot start a system thread\n", stderr);
            _exit(1);
        }
        ZwClose(handle);
    }
    KeWaitForSingleObject(&all_left, Executive, KernelMode, FALSE, NULL);
}

static void dismiss(void)
{
    leaving = 1;
    for (unsigned i = 0; i < crew_size; i++) {
        add(&stations[0][i].order);
        add(&stations[1][i].order);
    }
}

static void *conductor(void *argument)
{
    void (*conduct)(void) = (void (*)(void))(uintptr_t)argument;
    wait_for(&arrived, 2 * crew_size);
    conduct();
    dismiss();
    return NULL;
}

bool crew_with(unsigned size, void (*conduct)(void))
{
    pthread_t hosts[CREW_MAXIMUM], leader;
    crew_size = size;
    for (uintptr_t i = 0; i < size; i++) {
        members[i].number = (unsigned)i;
        if (pthread_create(&hosts[i], NULL, serve_on_host, (void *)i) != 0) {
            return false;
        }
    }
    if (pthread_create(&leader, NULL, conductor, (void *)(uintptr_t)conduct) != 0) {
        return false;
    }
    const struct undis_options options = {.processors = size, .watchdog_seconds = 600};
    if (undis_run(&options, machine_body, NULL) != UNDIS_ENDED) {
        return false;
    }
    pthread_join(leader, NULL);
    for (unsigned i = 0; i < size; i++) {
        pthread_join(hosts[i], NULL);
    }
    return true;
}

void crew_start(enum place place, unsigned count, void (*prepare)(void), void (*work)(struct member *))
{
    task.count = count;
    task.prepare = prepare;
    task.work = work;
    task.ready = task.prepared = task.back = 0;
    for (unsigned i = 0; i < count; i++) {
        members[i] = (struct member){.number = i};
    }
    for (unsigned i = 0; i < count; i++) {
        struct station *station = &stations[place != ON_HOST][i];
        station->place = place;
        add(&station->order);
    }
    while (__atomic_load_n(&task.ready, __ATOMIC_SEQ_CST) != count) {
        usleep(100);
    }
}

void crew_wait(void)
{
    wait_for(&task.back, task.count);
}

struct member *crew_member(unsigned number)
{
    return &members[number];
}
