/*
 * ipi.c - KeIpiGenericCall: a routine runs on all processors at once, at IPI_LEVEL.
 *
 * Each processor has a line of its own at that level.  The caller waits until all others have arrived there,
 * lets everybody go, and waits until all have come back.
 */
#include "ke/ddi.h"
#include "ke/dispatch.h"
#include "ke/engine.h"
#include "ke/line.h"
#include "ke/run.h"
#include "ke/spinlock.h"
#include "ke/step.h"

static struct {
    KSPIN_LOCK busy; /* one call at a time */
    PKIPI_BROADCAST_WORKER routine;
    ULONG_PTR context;
    volatile uint32_t arrived, gone, done; /* of the others */
} call;

static struct {
    struct ke_line *line;
    struct ke_interrupt interrupt;
} places[KE_MAXIMUM_PROCESSORS];
static bool prepared; /* under call.busy */

static void wait_until(volatile uint32_t *word, uint32_t value)
{
    if (ke_engine->await != NULL) {
        ke_engine->await(word, value);
        return;
    }
    while (__atomic_load_n(word, __ATOMIC_ACQUIRE) != value) {
        host_relax();
    }
}

static void count(volatile uint32_t *word)
{
    ke_about_to_change(word);
    __atomic_fetch_add(word, 1, __ATOMIC_SEQ_CST);
}

static ULONG_PTR run_routine(void)
{
    struct callback_frame frame;
    callback_enter(&frame, CALLBACK_SYNCHRONIZE, "IpiGenericCall", (const void *)(uintptr_t)call.routine);
    ULONG_PTR result = call.routine(call.context);
    callback_leave(&frame);
    return result;
}

static BOOLEAN serve(struct ke_interrupt *interrupt, void *context)
{
    (void)interrupt, (void)context;
    count(&call.arrived);
    wait_until(&call.gone, 1);
    run_routine();
    count(&call.done);
    return TRUE;
}

/* At IPI_LEVEL, once. */
static void prepare(void)
{
    for (unsigned i = 0; i < ke_processor_count && !prepared; i++) {
        places[i].line = ke_line_create("inter-processor", IPI_LEVEL, KE_EDGE_TRIGGERED, (KAFFINITY)1 << i);
        if (places[i].line == NULL) {
            ke_bugcheck(0x4D, 0, 0, 0, 0);
        }
        places[i].interrupt.service = serve;
        ke_interrupt_connect(&places[i].interrupt, places[i].line);
    }
    prepared = true;
}

/* To IPI_LEVEL with nobody else in a call; meanwhile this processor serves others' calls. */
static KIRQL enter(void)
{
    for (;;) {
        KIRQL old = ke_raise(IPI_LEVEL);
        ke_about_to_try(ke_spin_lock_word(&call.busy));
        if (ke_spin_lock_try(&call.busy)) {
            return old;
        }
        ke_lower(old);
        host_relax();
    }
}

/*
 * KeIpiGenericCall: < IPI_LEVEL.  Returns what the routine returned on this processor, when it has returned
 * on all.  nf-wdm-keipigenericcall.
 */
ULONG_PTR KeIpiGenericCall(PKIPI_BROADCAST_WORKER BroadcastFunction, ULONG_PTR Context)
{
    ddi_enter(KeIpiGenericCall);
    KIRQL old = enter();
    unsigned me = ke_processor()->number, others = ke_processor_count - 1;
    prepare();
    call.routine = BroadcastFunction;
    call.context = Context;
    call.arrived = call.gone = call.done = 0;
    for (unsigned i = 0; i < ke_processor_count; i++) {
        if (i != me) {
            ke_line_assert(places[i].line);
        }
    }
    wait_until(&call.arrived, others);
    count(&call.gone);
    ULONG_PTR result = run_routine();
    wait_until(&call.done, others);
    ke_spin_lock_drop(&call.busy);
    ke_lower(old);
    return result;
}
