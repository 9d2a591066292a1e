/*
 * processor.c - control regions, masking's slow side, and delivery: the moment at which falling IRQL
 * lets interrupts, then DPCs, then the scheduler in (design contract 1; spec IR-1, IR-6).
 */
#include "ke/dispatch.h"
#include "ke/engine.h"
#include "ke/event.h"
#include "ke/lockhost.h"
#include "ke/processor.h"

#include <stddef.h>

_Static_assert(offsetof(struct ke_processor, self) == 0, "%gs:0 is the control region's own address");
_Static_assert(offsetof(struct ke_processor, irql) == UNDIS_REGION_IRQL, "where region.h has IRQL");
_Static_assert(offsetof(struct ke_processor, reading) == UNDIS_REGION_READING, "and what is read under");
_Static_assert(offsetof(struct ke_processor, pending) == UNDIS_REGION_PENDING, "and the pending mask");
_Static_assert(offsetof(struct ke_processor, number) == UNDIS_REGION_NUMBER, "and the processor's number");
_Static_assert(offsetof(struct ke_processor, lock_owner) == UNDIS_REGION_LOCK_OWNER, "and its name in locks");
_Static_assert(offsetof(struct ke_processor, lock_entries) == UNDIS_REGION_LOCK_ENTRIES, "and their count");

/* The first sixteen on one page (HOST_HOT). */
struct ke_processor ke_processors[KE_MAXIMUM_PROCESSORS] __attribute__((aligned(4096)));
unsigned ke_processor_count;
struct ke_processor ke_outside = {
    .self = &ke_outside, .irql = KE_MASKED, .lock_owner = LOCKWORD_NOBODY, .number = ~0u};

#if !defined(__x86_64__) || defined(UNDIS_REGION_TLS)
void *host_region_get(void);

struct ke_processor *ke_processor_tls(void)
{
    return host_region_get();
}
#endif

/* The thread that loads the library, and those it makes, are outside until they are told otherwise. */
static __attribute__((constructor)) void outside_by_default(void)
{
    host_region_set_default(&ke_outside);
}

void ke_post(struct ke_processor *processor, KIRQL level)
{
    uint32_t before = __atomic_fetch_or(&processor->pending, 1u << level, __ATOMIC_SEQ_CST);
    KIRQL old = ke_mask();
    bool here = processor == ke_processor();
    ke_unmask(old); /* delivers, when it is for us and IRQL allows */
    if (!here && (before & 1u << level) == 0) {
        ke_engine->kick(processor);
    }
}

/* Freezes this processor for ever when the run has been stopped; else shows it to the watchdog, at the IRQL
 * that it interrupted. */
static void take_nmi(struct ke_processor *processor, KIRQL irql, const struct host_registers *registers)
{
    __atomic_fetch_and(&processor->pending, ~(1u << KE_NMI_LEVEL), __ATOMIC_SEQ_CST);
    if (ke_is_frozen()) {
        ke_freeze_here();
    }
    if (processor->watched) {
        processor->watched = false;
        ke_irql_store(irql);
        ke_watchdog_bite(processor, registers);
    }
}

/* Whoever posts from now on posts anew; who posted before is seen to. */
static void forget_dispatch(struct ke_processor *processor)
{
    uint32_t pending = processor->pending;
    if ((pending & KE_PENDING_HERE) != 0) {
        ke_pending_here_set(processor, 0);
    }
    if ((pending & 1u << DISPATCH_LEVEL) != 0) {
        __atomic_fetch_and(&processor->pending, ~(1u << DISPATCH_LEVEL), __ATOMIC_SEQ_CST);
    }
}

/* At DISPATCH_LEVEL: timers, DPCs, and last the end of the running thread's quantum. */
static void take_dispatch(struct ke_processor *processor, KIRQL old)
{
    forget_dispatch(processor);
    ke_irql_report(old, DISPATCH_LEVEL, IRQL_CAUSE_DPC);
    ke_irql_store(DISPATCH_LEVEL);
    if (processor->timers_due) {
        processor->timers_due = false;
        ke_timers_expire();
    }
    ke_dpc_drain();
    if (processor->reschedule) {
        processor->reschedule = false;
        ke_thread_preempt();
    }
    ke_mask();
    ke_processor()->progress++;
    ke_irql_report(DISPATCH_LEVEL, old, IRQL_CAUSE_DPC);
}

static void take_clock(struct ke_processor *processor)
{
    __atomic_fetch_and(&processor->pending, ~(1u << CLOCK_LEVEL), __ATOMIC_SEQ_CST);
    processor->timers_due = true;
    processor->reschedule = ke_thread_is_waiting_for(processor);
    __atomic_fetch_or(&processor->pending, 1u << DISPATCH_LEVEL, __ATOMIC_SEQ_CST);
}

static void take_device(struct ke_processor *processor, KIRQL level, KIRQL old)
{
    __atomic_fetch_and(&processor->pending, ~(1u << level), __ATOMIC_SEQ_CST);
    ke_irql_report(old, level, IRQL_CAUSE_INTERRUPT);
    processor->isr_depth++;
    ke_irql_store(level);
    ke_lines_serve(processor, level);
    ke_mask();
    processor->isr_depth--;
    ke_irql_report(level, old, IRQL_CAUSE_INTERRUPT);
}

/*
 * The processor is read anew in each turn: below DISPATCH_LEVEL this code may be moved to another one
 * between the store of the old IRQL and the next mask.
 */
static void deliver(const struct host_registers *interrupted)
{
    for (;;) {
        KIRQL old = ke_mask();
        struct ke_processor *processor = ke_processor();
        uint32_t pending = ke_pending_above(processor->pending, old);
        if (pending == 0) {
            ke_irql_store(old);
            /* What arrived while masked interrupted nothing: look once more. */
            if (ke_pending_above(ke_pending(), old) == 0) {
                return;
            }
            continue;
        }
        KIRQL level = (KIRQL)(old + 1 + (31 - __builtin_clz(pending)));
        if (level >= KE_NMI_LEVEL) {
            take_nmi(processor, old, interrupted);
        } else if (level == CLOCK_LEVEL) {
            take_clock(processor);
        } else if (level > DISPATCH_LEVEL) {
            take_device(processor, level, old);
        } else if (level == DISPATCH_LEVEL) {
            take_dispatch(processor, old);
        } else {
            __atomic_fetch_and(&processor->pending, ~(1u << level), __ATOMIC_SEQ_CST);
        }
        ke_irql_store(old);
    }
}

void ke_deliver(void)
{
    if (ke_engine->step != NULL) {
        return; /* the explored engine decides when */
    }
    deliver(NULL);
}

/* The interrupt signal's handler: the same as a fall of IRQL, at a moment of the host's choosing. */
void ke_interrupt_arrived(const struct host_registers *registers)
{
    struct ke_processor *processor = ke_processor();
    if (ke_engine->step != NULL && processor != NULL && processor->watched) {
        take_nmi(processor, ke_irql(), registers);
        return;
    }
    if (processor != NULL && processor != &ke_outside &&
        ke_pending_above(processor->pending, processor->irql) != 0) {
        deliver(registers);
    }
}
