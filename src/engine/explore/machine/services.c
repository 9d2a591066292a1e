/*
 * services.c - the actors that are no threads: each processor's DPCs, each line's service routine on each
 * processor, and the clock.  Each is a coroutine that takes the step by which it begins, does its work, and
 * takes the step by which it ends.
 */
#include "engine/explore/machine/internal.h"

#include "dev/device.h"
#include "ke/line.h"

#define LINES 64
#define FORCED_TICKS 64 /* how often time goes on because nothing else can, in one execution */

void service_rest(KIRQL irql)
{
    actor_current()->resting = true;
    ke_irql_store(irql);
    actor_hold(actor_current(), PASSIVE_LEVEL);
    machine_go_on();
}

/* `object`: what could take back an entry that waits for this one to end, or NULL. */
static void end_step(KIRQL level, const void *object)
{
    struct op op = ke_op_here(OP_EXIT, OP_LIBRARY);
    op.level = level;
    op.new_level = PASSIVE_LEVEL;
    op.object[0] = (uintptr_t)object;
    ke_engine->step(&op);
}

/* ---- DPCs ----------------------------------------------------------------------------------------- */

static void dpc_body(void *argument)
{
    struct actor *actor = argument;
    host_context_entered(&actor->own);
    for (;;) {
        machine_trace_step(&machine.view[actor_index(actor)].op);
        ke_irql_report(PASSIVE_LEVEL, DISPATCH_LEVEL, IRQL_CAUSE_DPC);
        ke_irql_store(DISPATCH_LEVEL);
        ke_processor()->progress++;
        ke_dpc_run_next(actor->processor);
        end_step(DISPATCH_LEVEL, &ke_dpc_removal);
        ke_mask();
        ke_irql_report(DISPATCH_LEVEL, PASSIVE_LEVEL, IRQL_CAUSE_DPC);
        service_rest(KE_MASKED);
    }
}

static bool dpc_is_queued(const struct actor *actor, struct op *op)
{
    *op = (struct op){.kind = OP_ENTER,
                      .flags = OP_LIBRARY,
                      .new_level = DISPATCH_LEVEL,
                      .processor = (int8_t)actor->processor->number,
                      .object = {(uintptr_t)ke_dpc_first(actor->processor)}};
    op->addr = op->object[0]; /* the KDPC's memory may be freed by others */
    op->size = 1;
    return op->object[0] != 0;
}

/* ---- service routines ----------------------------------------------------------------------------- */

static void isr_body(void *argument)
{
    struct actor *actor = argument;
    KIRQL level = ke_line_irql(ke_line_numbered(actor->number));
    host_context_entered(&actor->own);
    for (;;) {
        machine_trace_step(&machine.view[actor_index(actor)].op);
        ke_irql_report(PASSIVE_LEVEL, level, IRQL_CAUSE_INTERRUPT);
        actor->processor->isr_depth++;
        ke_irql_store(level);
        ke_line_serve_on(actor->processor, actor->number);
        end_step(level, NULL);
        ke_mask();
        actor->processor->isr_depth--;
        ke_irql_report(level, PASSIVE_LEVEL, IRQL_CAUSE_INTERRUPT);
        service_rest(KE_MASKED);
    }
}

static bool line_is_pending(const struct actor *actor, struct op *op)
{
    struct ke_line *line = ke_line_numbered(actor->number);
    *op = (struct op){.kind = OP_ENTER,
                      .flags = OP_LIBRARY,
                      .new_level = ke_line_irql(line),
                      .processor = (int8_t)actor->processor->number,
                      .object = {(uintptr_t)ke_line_object(line)}};
    return (actor->processor->lines >> actor->number & 1) != 0;
}

/* ---- the clock ------------------------------------------------------------------------------------ */

/* Nobody could go on before it: whatever comes next is its work. */
static void order_all(void)
{
    for (unsigned i = 0; i < machine.count && machine_is_searched(); i++) {
        search_order(machine_kept.search, i);
    }
}

/* The DPCs of timers are queued where the clock interrupts: with --any-processor elsewhere each time, so that
 * a periodic timer's callback may run beside itself (TI-6). */
static void move_on(struct actor *clock)
{
    if (machine_kept.options.anywhere) {
        unsigned next = clock->processor->number + 1;
        clock->processor = &ke_processors[next < ke_processor_count ? next : 0];
    }
}

static void clock_body(void *argument)
{
    struct actor *actor = argument;
    const struct op *op = &machine.view[actor_index(actor)].op;
    host_context_entered(&actor->own);
    for (;;) {
        machine_trace_step(op);
        if ((op->flags & OP_ALWAYS) != 0) {
            order_all();
        }
        machine.ticks++;
        if (machine.next_due > machine.now) {
            machine.now = machine.next_due;
        }
        ke_timers_expire();
        move_on(actor);
        service_rest(KE_MASKED);
    }
}

static bool time_may_go_on(struct op *op)
{
    bool early = machine.ticks < machine_kept.options.ticks;
    *op = (struct op){.kind = OP_TICK, .flags = OP_LIBRARY | (early ? 0 : OP_ALWAYS), .processor = -1};
    if (machine.next_due == UINT64_MAX) {
        return false;
    }
    if (machine.ticks >= machine_kept.options.ticks + FORCED_TICKS) {
        machine_kept.forced_tick_cap = true;
        return false;
    }
    return true;
}

/* ---- devices -------------------------------------------------------------------------------------- */

static void device_body(void *argument)
{
    struct actor *actor = argument;
    host_context_entered(&actor->own);
    for (;;) {
        const struct op *op = &machine.view[actor_index(actor)].op;
        machine_trace_step(op);
        /* It comes after the register accesses that made it work, not after its earlier work. */
        ke_is_fresh();
        ke_acquires((const void *)op->object[0]);
        device_unit_step(actor->number);
        service_rest(KE_MASKED);
    }
}

static bool device_has_work(const struct actor *actor, struct op *op)
{
    if (!device_unit_ready(actor->number)) {
        return false;
    }
    *op = device_unit_op(actor->number);
    return true;
}

/* ---- what has come up ----------------------------------------------------------------------------- */

void service_make(struct actor *actor, struct ke_processor *processor, void (*body)(void *))
{
    actor->processor = processor;
    actor->irql = KE_MASKED;
    actor_set(actor, ACTOR_AT_STEP);
    actor->resting = true;
    actor_begin(actor, body);
}

void services_timer_due(uint64_t due)
{
    machine.next_due = due;
    if (due != UINT64_MAX) {
        struct actor *clock = actor_of(ACTOR_CLOCK, 0, 0);
        if (clock->state == ACTOR_ABSENT) {
            /* Timers expire on the last processor: threads begin on the first. */
            service_make(clock, &ke_processors[ke_processor_count - 1], clock_body);
        }
    }
}

static void look_for_lines(struct ke_processor *processor)
{
    for (uint64_t lines = processor->lines; lines != 0; lines &= lines - 1) {
        unsigned line = (unsigned)__builtin_ctzll(lines);
        struct actor *actor = actor_of(ACTOR_ISR, processor->number, line);
        if (actor->state == ACTOR_ABSENT) {
            actor->number = line;
            service_make(actor, processor, isr_body);
        }
    }
}

static void look_for_devices(void)
{
    for (unsigned unit = 0; unit < device_units(); unit++) {
        if (device_unit_ready(unit)) {
            struct actor *actor = actor_of(ACTOR_DEVICE, 0, unit);
            if (actor->state == ACTOR_ABSENT) {
                actor->number = unit;
                service_make(actor, &ke_processors[ke_processor_count - 1], device_body);
            }
        }
    }
}

void services_look(void)
{
    look_for_devices();
    if (machine.looked) {
        return;
    }
    machine.looked = true;
    for (unsigned i = 0; i < ke_processor_count; i++) {
        struct ke_processor *processor = &ke_processors[i];
        if ((processor->dpc_depth | processor->lines) == 0) {
            continue;
        }
        if (processor->dpc_depth != 0) {
            struct actor *actor = actor_of(ACTOR_DPC, 0, i);
            if (actor->state == ACTOR_ABSENT) {
                service_make(actor, processor, dpc_body);
            }
        }
        if (processor->lines != 0) {
            look_for_lines(processor);
        }
    }
}

bool services_are_idle(void)
{
    bool idle = device_units() == 0 && machine.next_due == UINT64_MAX;
    for (unsigned i = 0; i < ke_processor_count && idle; i++) {
        idle = ke_processors[i].dpc_depth == 0 && ke_processors[i].lines == 0;
    }
    return idle;
}

bool service_is_enabled(struct actor *actor, struct search_actor *view)
{
    switch (actor->kind) {
    case ACTOR_DPC:
        return dpc_is_queued(actor, &view->op);
    case ACTOR_ISR:
        return line_is_pending(actor, &view->op);
    case ACTOR_CLOCK:
        return time_may_go_on(&view->op);
    case ACTOR_DEVICE:
        return device_has_work(actor, &view->op);
    case ACTOR_BUFFER:
        return tso_buffer_is_full(actor, &view->op);
    default:
        return true;
    }
}
