/*
 * machine.h - what a case's body needs of the simulated machine: threads, DPCs and interrupts bound to
 * processors, and a host thread that plays the outside world.
 *
 * Include after <ndis.h> and check.h.  Everything here runs on a processor unless it says otherwise.
 */
#ifndef UNDIS_TESTS_MACHINE_H
#define UNDIS_TESTS_MACHINE_H

#include "check.h"
#include "ke/line.h"

#define MS_TO_100NS(ms) ((LONGLONG)(ms)*10000)

/* ---- time -------------------------------------------------------------------------------------- */

__attribute__((unused)) static void sleep_ms(unsigned ms)
{
    LARGE_INTEGER interval = {.QuadPart = -MS_TO_100NS(ms)};
    KeDelayExecutionThread(KernelMode, FALSE, &interval);
}

/* Keeps the processor busy at the present IRQL. */
__attribute__((unused)) static void spin_ms(unsigned ms)
{
    ULONGLONG until = KeQueryInterruptTime() + (ULONGLONG)MS_TO_100NS(ms);
    while (KeQueryInterruptTime() < until) {
        YieldProcessor();
    }
}

/* Waits at PASSIVE_LEVEL, letting others run, until the condition holds: for CHECK_SECONDS or longer. */
#define SLEEP_UNTIL(condition)                                                                               \
    do {                                                                                                     \
        for (int sleep_i = 0; sleep_i < CHECK_SECONDS * 1000 && !(condition); sleep_i++) {                   \
            sleep_ms(1);                                                                                     \
        }                                                                                                    \
        if (!(condition)) {                                                                                  \
            check_fail(__FILE__, __LINE__, "did not come true in time: %s", #condition);                     \
        }                                                                                                    \
    } while (0)

/*
 * Did everything since `begin` (KeQueryInterruptTime()) take less than `ms`?  On a host that stood still
 * meanwhile a timer may have expired that was to be cancelled: such a try proves nothing, and is to be made
 * again.
 */
__attribute__((unused)) static bool prompt_since(ULONGLONG begin, unsigned ms)
{
    return KeQueryInterruptTime() - begin < (ULONGLONG)MS_TO_100NS(ms);
}

/* ---- placement --------------------------------------------------------------------------------- */

/* Moves the calling thread to one processor. */
__attribute__((unused)) static void run_on(unsigned processor)
{
    KeSetSystemAffinityThread((KAFFINITY)1 << processor);
}

/* ---- threads ----------------------------------------------------------------------------------- */

struct thread {
    void (*body)(void *argument);
    void *argument;
    int processor; /* -1: any */
    PVOID object;
};

static VOID NTAPI thread_start_routine(PVOID context)
{
    struct thread *thread = context;
    if (thread->processor >= 0) {
        run_on((unsigned)thread->processor);
    }
    thread->body(thread->argument);
}

__attribute__((unused)) static void thread_start(struct thread *thread, void (*body)(void *), void *argument,
                                                 int processor)
{
    HANDLE handle;
    thread->body = body;
    thread->argument = argument;
    thread->processor = processor;
    NTSTATUS status =
        PsCreateSystemThread(&handle, THREAD_ALL_ACCESS, NULL, NULL, NULL, thread_start_routine, thread);
    CHECK_EQ(status, STATUS_SUCCESS);
    status = ObReferenceObjectByHandle(handle, THREAD_ALL_ACCESS, NULL, KernelMode, &thread->object, NULL);
    CHECK_EQ(status, STATUS_SUCCESS);
    ZwClose(handle);
}

__attribute__((unused)) static void thread_join(struct thread *thread)
{
    CHECK_EQ(KeWaitForSingleObject(thread->object, Executive, KernelMode, FALSE, NULL), STATUS_SUCCESS);
    ObDereferenceObject(thread->object);
}

/* ---- DPCs -------------------------------------------------------------------------------------- */

struct dpc {
    KDPC object;
    void (*body)(void *argument);
    void *argument;
    volatile LONG runs;
};

static VOID NTAPI dpc_routine(PKDPC object, PVOID context, PVOID argument1, PVOID argument2)
{
    struct dpc *dpc = context;
    (void)object, (void)argument1, (void)argument2;
    if (dpc->body != NULL) {
        dpc->body(dpc->argument);
    }
    InterlockedIncrement(&dpc->runs);
}

__attribute__((unused)) static void dpc_init(struct dpc *dpc, void (*body)(void *), void *argument,
                                             int processor)
{
    dpc->body = body;
    dpc->argument = argument;
    dpc->runs = 0;
    KeInitializeDpc(&dpc->object, dpc_routine, dpc);
    if (processor >= 0) {
        KeSetTargetProcessorDpc(&dpc->object, (CCHAR)processor);
    }
}

__attribute__((unused)) static BOOLEAN dpc_queue(struct dpc *dpc)
{
    return KeInsertQueueDpc(&dpc->object, NULL, NULL);
}

/* Runs body(argument) once as a DPC on that processor and waits for its end. PASSIVE_LEVEL. */
__attribute__((unused)) static void run_as_dpc(void (*body)(void *), void *argument, int processor)
{
    struct dpc dpc;
    dpc_init(&dpc, body, argument, processor);
    CHECK(dpc_queue(&dpc));
    SLEEP_UNTIL(dpc.runs == 1);
    KeFlushQueuedDpcs();
}

/* ---- interrupts -------------------------------------------------------------------------------- */

/* One edge-triggered line with one interrupt object. */
struct isr {
    struct ke_interrupt interrupt;
    struct ke_line *line;
    void (*body)(void *argument);
    void *argument;
    volatile LONG runs;
};

static BOOLEAN isr_service(struct ke_interrupt *interrupt, void *context)
{
    struct isr *isr = context;
    (void)interrupt;
    if (isr->body != NULL) {
        isr->body(isr->argument);
    }
    InterlockedIncrement(&isr->runs);
    return TRUE;
}

__attribute__((unused)) static void isr_connect(struct isr *isr, KIRQL dirql, KAFFINITY affinity,
                                                void (*body)(void *), void *argument)
{
    memset(isr, 0, sizeof *isr);
    isr->body = body;
    isr->argument = argument;
    isr->line = ke_line_create("test", dirql, KE_EDGE_TRIGGERED, affinity);
    CHECK(isr->line != NULL);
    isr->interrupt.service = isr_service;
    isr->interrupt.context = isr;
    isr->interrupt.irql = dirql;
    ke_interrupt_connect(&isr->interrupt, isr->line);
}

__attribute__((unused)) static void isr_disconnect(struct isr *isr)
{
    ke_interrupt_disconnect(&isr->interrupt);
    ke_line_destroy(isr->line);
}

/* Runs body(argument) once in an ISR on that processor and waits for its end. PASSIVE_LEVEL. */
__attribute__((unused)) static void run_as_isr(void (*body)(void *), void *argument, unsigned processor)
{
    struct isr isr;
    isr_connect(&isr, 5, (KAFFINITY)1 << processor, body, argument);
    ke_line_assert(isr.line);
    SLEEP_UNTIL(isr.runs == 1);
    isr_disconnect(&isr);
}

/* ---- the outside world ------------------------------------------------------------------------- */

/* A host thread that interrupts again and again until it is stopped. */
struct outside {
    struct host_thread host;
    struct ke_line *lines[8];
    unsigned line_count;
    uint64_t pause_ns;
    volatile uint32_t stop;
    volatile uint64_t asserted;
};

static void outside_body(void *argument)
{
    struct outside *outside = argument;
    for (unsigned i = 0; !outside->stop; i++) {
        ke_line_assert(outside->lines[i % outside->line_count]);
        outside->asserted++;
        host_wait(&outside->stop, 0, outside->pause_ns);
    }
}

__attribute__((unused)) static void outside_start(struct outside *outside, uint64_t pause_ns)
{
    outside->pause_ns = pause_ns;
    outside->stop = 0;
    outside->asserted = 0;
    outside->host.name = "outside";
    outside->host.region = &ke_outside;
    KIRQL old = ke_mask();
    int error = host_thread_start(&outside->host, outside_body, outside);
    ke_unmask(old);
    CHECK_EQ(error, 0);
}

__attribute__((unused)) static void outside_stop(struct outside *outside)
{
    outside->stop = 1;
    KIRQL old = ke_mask();
    host_wake(&outside->stop, 1);
    host_thread_join(&outside->host);
    ke_unmask(old);
}

#endif
