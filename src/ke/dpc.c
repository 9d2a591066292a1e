/*
 * dpc.c - deferred procedure calls: one queue a processor (dpcqueue.h), drained at DISPATCH_LEVEL (spec DP-1
 * to DP-4).
 *
 * KDPC.Number is 0 for "where it is queued", else the target processor's number plus one.  What a thread is
 * to run instead is in threadeddpc.c: then DpcData names a queue there.
 */
#include "ke/ddi.h"
#include "ke/dispatch.h"
#include "ke/dpcqueue.h"
#include "ke/engine.h"
#include "ke/observer.h"
#include "ke/step.h"
#include "ke/threadeddpc.h"

#include <undis/free/irql.h>

#define DPC_TYPE 19 /* KOBJECTS: DpcObject, as a debugger shows it */

void ke_dpc_initialize_processor(struct ke_processor *processor)
{
    InitializeListHead(&processor->dpc_queue);
    processor->dpc_foreign = !host_barrier_there;
}

/* KeInitializeDpc: any IRQL.  nf-wdm-keinitializedpc. */
VOID KeInitializeDpc(PRKDPC Dpc, PKDEFERRED_ROUTINE DeferredRoutine, PVOID DeferredContext)
{
    ddi_enter(KeInitializeDpc);
    ke_uses(Dpc);
    Dpc->Type = DPC_TYPE;
    Dpc->Importance = MediumImportance;
    Dpc->Number = 0;
    Dpc->DeferredRoutine = DeferredRoutine;
    Dpc->DeferredContext = DeferredContext;
    Dpc->SystemArgument1 = NULL;
    Dpc->SystemArgument2 = NULL;
    Dpc->DpcData = NULL;
}

/* KeSetImportanceDpc: any IRQL; counts for later insertions.  nf-wdm-kesetimportancedpc. */
VOID KeSetImportanceDpc(PRKDPC Dpc, KDPC_IMPORTANCE Importance)
{
    ddi_enter(KeSetImportanceDpc);
    Dpc->Importance = (UCHAR)Importance;
}

/* KeSetTargetProcessorDpc: any IRQL.  nf-wdm-kesettargetprocessordpc. */
VOID KeSetTargetProcessorDpc(PRKDPC Dpc, CCHAR Number)
{
    ddi_enter(KeSetTargetProcessorDpc);
    Dpc->Number = (USHORT)(Number + 1);
}

/* KeSetTargetProcessorDpcEx: any IRQL; STATUS_INVALID_PARAMETER for a processor that is not there. */
NTSTATUS KeSetTargetProcessorDpcEx(PKDPC Dpc, PPROCESSOR_NUMBER ProcNumber)
{
    ddi_enter(KeSetTargetProcessorDpcEx);
    if (ProcNumber->Group != 0 || ProcNumber->Number >= ke_processor_count || ProcNumber->Reserved != 0) {
        return STATUS_INVALID_PARAMETER;
    }
    Dpc->Number = (USHORT)(ProcNumber->Number + 1);
    return STATUS_SUCCESS;
}

static struct ke_processor *dpc_target(PRKDPC dpc)
{
    unsigned number = dpc->Number;
    return number == 0 || number > ke_processor_count ? ke_processor() : &ke_processors[number - 1];
}

static void flush_routine(struct _KDPC *dpc, PVOID context, PVOID argument1, PVOID argument2);

#if !UNDIS_CHECKED

/* What is wrong after a routine: the driver has written over the frame, or left IRQL at another level. */
static __attribute__((noinline, cold)) void mend(struct callback_frame *frame)
{
    callback_leave(frame);
    ke_processor()->dpc_active = false;
}

/* The same address, which the compiler takes for another one and so does not keep it. */
static inline struct callback_frame *callback_here(struct callback_frame *frame)
{
#if defined(__x86_64__)
    struct callback_frame *here;
    __asm__ volatile("lea %1, %0" : "=r"(here) : "m"(*frame));
    return here;
#else
    return frame;
#endif
}

/*
 * Runs the routine as ke_dpc_run_next does, where the processor stays at DISPATCH_LEVEL.  What is stored lies
 * in groups of one cache line, and is four bytes or more (region.h).  Where the frame lies and what the
 * processor is are found anew after the routine: it is cheaper than to save registers for them.
 */
static inline void call_routine(struct ke_processor *processor, PRKDPC dpc, PVOID argument1, PVOID argument2)
{
    struct callback_frame frame;
    PKDEFERRED_ROUTINE routine = dpc->DeferredRoutine;
    frame.seal = ~(uintptr_t)&frame;
    frame.kind = CALLBACK_DPC;
    frame.irql = DISPATCH_LEVEL;
    frame.level_told = false; /* with those before and behind it one store */
    frame.reserved[0] = 0;
    frame.reserved[1] = 0;
    frame.name = "DPC";
    frame.routine = (const void *)(uintptr_t)routine;
    frame.stack_root = __builtin_frame_address(0);
    frame.outer = processor->callback;
    processor->progress++;
    processor->dpc_active = true;
    processor->callback = &frame;
    routine(dpc, dpc->DeferredContext, argument1, argument2);
    struct callback_frame *again = callback_here(&frame);
    if (__builtin_expect(!callback_intact(again) || ke_irql() != DISPATCH_LEVEL, 0)) {
        mend(again);
    } else {
        processor = ke_processor();
        processor->callback = again->outer;
        processor->dpc_active = false;
    }
}

#endif

#if UNDIS_CHECKED
#define INSERT static inline __attribute__((always_inline)) /* the driver is whom it returns to: ke_uses */
#else
#define INSERT static __attribute__((noinline))
#endif

INSERT BOOLEAN insert(PRKDPC dpc, PVOID argument1, PVOID argument2)
{
    if (ke_threaded_dpc_wanted(dpc)) {
        return ke_threaded_dpc_insert(dpc, dpc_target(dpc), argument1, argument2);
    }
    ke_about_to_change_always(dpc, &dpc_target(dpc)->dpc_queue);
    ke_uses(dpc);
    KIRQL old = ke_mask();
    return dpc_queue_insert(dpc, dpc_target(dpc), argument1, argument2, old);
}

#if !UNDIS_CHECKED

/* IRQL was raised from `old`, and nothing done. */
static __attribute__((noinline, cold)) BOOLEAN insert_after_all(PRKDPC dpc, PVOID argument1, PVOID argument2,
                                                                KIRQL old)
{
    undis_irql_lower(old);
    return insert(dpc, argument1, argument2);
}

/*
 * Below DISPATCH_LEVEL, with nothing else waiting, a DPC for this processor would be taken off the queue as
 * soon as it was put there: it does not go there at all, but is run.  Its insertion and removal are then one
 * moment, that of the look at DpcData: no other processor can tell, and no atomic operation is needed.
 *
 * What lies on the queue below DISPATCH_LEVEL is pending, or its insertion by another processor has not
 * ended and may come after this one.
 */
static inline BOOLEAN run_at_once(PRKDPC dpc, PVOID argument1, PVOID argument2, KIRQL old)
{
    ke_irql_store(DISPATCH_LEVEL);
    struct ke_processor *me = ke_processor();
    if (__builtin_expect((dpc->Number != 0 && dpc->Number != me->number + 1) ||
                             __atomic_load_n(&dpc->DpcData, __ATOMIC_ACQUIRE) != NULL || ke_pending() != 0,
                         0)) {
        return insert_after_all(dpc, argument1, argument2, old);
    }
    call_routine(me, dpc, argument1, argument2);
    undis_irql_lower(old);
    return TRUE;
}

#endif

/*
 * KeInsertQueueDpc: any IRQL.  Queues the DPC to its target processor; FALSE when it is queued already.
 * The arguments are those of the insertion that succeeded.  nf-wdm-keinsertqueuedpc, DP-1, DP-2.
 */
BOOLEAN KeInsertQueueDpc(PRKDPC Dpc, PVOID SystemArgument1, PVOID SystemArgument2)
{
    ddi_enter(KeInsertQueueDpc);
#if !UNDIS_CHECKED
    KIRQL irql = ke_irql();
    if (__builtin_expect(Dpc->Type == DPC_TYPE && irql < DISPATCH_LEVEL, 1)) {
        return run_at_once(Dpc, SystemArgument1, SystemArgument2, irql);
    }
#endif
    return insert(Dpc, SystemArgument1, SystemArgument2);
}

const char ke_dpc_removal;

/* KeRemoveQueueDpc: any IRQL; TRUE when it was queued and now will not run.  nf-wdm-keremovequeuedpc. */
BOOLEAN KeRemoveQueueDpc(PRKDPC Dpc)
{
    ddi_enter(KeRemoveQueueDpc);
    ke_about_to_change_always(Dpc, &ke_dpc_removal);
    for (;;) {
        PVOID data = __atomic_load_n(&Dpc->DpcData, __ATOMIC_ACQUIRE);
        if (data == NULL) {
            return FALSE;
        }
        if (ke_threaded_dpc_is_queue(data) ? ke_threaded_dpc_remove(Dpc, data)
                                           : dpc_queue_remove(Dpc, data)) {
            return TRUE;
        }
    }
}

/* In the free build a DPC begins when it asks for the first time: only an answer needs a clock. */
static uint64_t dpc_time_used(struct ke_processor *processor)
{
    uint64_t now = ke_engine->now();
    if (!UNDIS_CHECKED && processor->dpc_asked != processor->progress) {
        processor->dpc_asked = processor->progress;
        processor->dpc_since = now;
    }
    return now - processor->dpc_since;
}

bool ke_dpc_run_next(struct ke_processor *processor)
{
    struct dpc_call call;
    if (!dpc_queue_take(processor, &call)) {
        return false;
    }
    processor->progress++;
    if (call.routine == flush_routine) {
        call.routine(call.dpc, call.context, call.argument1, call.argument2);
    } else {
        struct callback_frame frame;
        processor->dpc_count++;
        if (UNDIS_CHECKED) {
            processor->dpc_since = ke_engine->now();
        }
        callback_enter(&frame, CALLBACK_DPC, "DPC", (const void *)(uintptr_t)call.routine);
        call.routine(call.dpc, call.context, call.argument1, call.argument2);
        callback_leave(&frame);
    }
    processor->dpc_active = false;
    return true;
}

void ke_dpc_drain(void)
{
    struct ke_processor *processor = ke_processor();
    while (ke_dpc_run_next(processor)) {
    }
}

PRKDPC ke_dpc_first(struct ke_processor *processor)
{
    return IsListEmpty(&processor->dpc_queue) ? NULL : dpc_of(processor->dpc_queue.Flink);
}

bool ke_dpc_any_queued(void)
{
    for (unsigned i = 0; i < ke_processor_count; i++) {
        if (!dpc_queue_is_empty(&ke_processors[i]) || ke_processors[i].dpc_active) {
            return true;
        }
    }
    return false;
}

/* ---- KeFlushQueuedDpcs ------------------------------------------------------------------------- */

struct flush {
    volatile LONG left;
    KEVENT done;
};

/* The free build's marker is always queued: it has to be behind the others. */
static void insert_marker(PRKDPC marker)
{
#if UNDIS_CHECKED
    KeInsertQueueDpc(marker, NULL, NULL);
#else
    insert(marker, NULL, NULL);
#endif
}

static void flush_routine(struct _KDPC *dpc, PVOID context, PVOID argument1, PVOID argument2)
{
    (void)dpc, (void)argument1, (void)argument2;
    struct flush *flush = context;
    ke_about_to_change(flush); /* who is the last tells */
    ke_releases(flush);
    if (InterlockedDecrement(&flush->left) == 0) {
        KeSetEvent(&flush->done, 0, FALSE);
    }
}

bool ke_dpc_is_marker(PKDEFERRED_ROUTINE routine)
{
    return routine == flush_routine;
}

/*
 * KeFlushQueuedDpcs: PASSIVE_LEVEL; returns when every DPC that was queued before the call has run
 * (DP-4).  A DPC of our own at the tail of each queue, which runs last, tells.
 */
VOID KeFlushQueuedDpcs(VOID)
{
    ddi_enter(KeFlushQueuedDpcs);
    KDPC marker[KE_MAXIMUM_PROCESSORS], threaded[KE_MAXIMUM_PROCESSORS];
    bool threads = ke_threaded_dpcs_run();
    struct flush flush = {.left = (LONG)(threads ? 2 * ke_processor_count : ke_processor_count)};
    KeInitializeEvent(&flush.done, NotificationEvent, FALSE);
    for (unsigned i = 0; i < ke_processor_count; i++) {
        KeInitializeDpc(&marker[i], flush_routine, &flush);
        KeSetTargetProcessorDpc(&marker[i], (CCHAR)i);
        insert_marker(&marker[i]);
        if (threads) {
            KeInitializeDpc(&threaded[i], flush_routine, &flush);
            ke_threaded_dpc_insert(&threaded[i], &ke_processors[i], NULL, NULL);
        }
    }
    KeWaitForSingleObject(&flush.done, Executive, KernelMode, FALSE, NULL);
    ke_acquires(&flush);
}

/* ---- how long a DPC may run -------------------------------------------------------------------- */

#define DPC_TIME_LIMIT_TICKS 0x500u      /* one DPC; the examples of bug check 0x133 */
#define DPC_WATCHDOG_LIMIT_TICKS 0x1E00u /* all DPCs of a period */

/*
 * KeQueryDpcWatchdogInformation: DISPATCH_LEVEL, in a DPC; else STATUS_UNSUCCESSFUL.  Limits and what is
 * left of them in clock ticks, as Windows' 0x133 would count them: a driver uses it to stop in time.
 */
NTSTATUS KeQueryDpcWatchdogInformation(PKDPC_WATCHDOG_INFORMATION WatchdogInformation)
{
    ddi_enter(KeQueryDpcWatchdogInformation);
    struct ke_processor *processor = ke_processor();
    if (ke_irql() < DISPATCH_LEVEL || !processor->dpc_active) {
        return STATUS_UNSUCCESSFUL;
    }
    uint64_t used = dpc_time_used(processor) / 100u / KeQueryTimeIncrement();
    ULONG left = used < DPC_TIME_LIMIT_TICKS ? DPC_TIME_LIMIT_TICKS - (ULONG)used : 0;
    *WatchdogInformation = (KDPC_WATCHDOG_INFORMATION){
        .DpcTimeLimit = DPC_TIME_LIMIT_TICKS,
        .DpcTimeCount = left,
        .DpcWatchdogLimit = DPC_WATCHDOG_LIMIT_TICKS,
        .DpcWatchdogCount = DPC_WATCHDOG_LIMIT_TICKS - (DPC_TIME_LIMIT_TICKS - left),
    };
    return STATUS_SUCCESS;
}

/* KeIsExecutingDpc: DISPATCH_LEVEL; does a DPC run on this processor? */
LOGICAL KeIsExecutingDpc(VOID)
{
    ddi_enter(KeIsExecutingDpc);
    return ke_irql() >= DISPATCH_LEVEL && ke_processor()->dpc_active;
}

/* KeShouldYieldProcessor: DISPATCH_LEVEL; TRUE when half of the time that a DPC may take is over.
 * nf-wdm-keshouldyieldprocessor. */
ULONG KeShouldYieldProcessor(VOID)
{
    ddi_enter(KeShouldYieldProcessor);
    KDPC_WATCHDOG_INFORMATION information;
    return KeQueryDpcWatchdogInformation(&information) == STATUS_SUCCESS &&
           information.DpcTimeCount < information.DpcTimeLimit / 2;
}
