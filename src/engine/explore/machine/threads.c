/*
 * threads.c - threads as actors: who made them, where they run, when they wait.
 */
#include "engine/explore/machine/internal.h"

/* Each actor's threads go round the processors that their affinity allows, beginning with the first. */
static struct ke_processor *place(struct actor *maker, const struct _KTHREAD *thread)
{
    unsigned allowed[KE_MAXIMUM_PROCESSORS], count = 0;
    for (unsigned i = 0; i < ke_processor_count; i++) {
        if (thread->affinity >> i & 1) {
            allowed[count++] = i;
        }
    }
    if (count == 0) {
        return &ke_processors[0];
    }
    unsigned turn = maker == NULL ? 0 : count == 1 ? 0 : maker->placed++;
    return &ke_processors[allowed[turn % count]];
}

static struct actor *make_thread_actor(struct _KTHREAD *thread)
{
    bool first = ke_processor() == &ke_outside;
    struct actor *maker = first ? NULL : actor_current();
    struct actor *actor = actor_of(ACTOR_THREAD, first ? 0 : ke_actor, first ? UINT16_MAX : maker->made++);
    actor->thread = thread;
    actor->context = &thread->host;
    actor->processor = place(maker, thread);
    actor->irql = KE_MASKED;
    actor->callback = NULL;
    actor_hold(actor, PASSIVE_LEVEL);
    thread->actor = actor_index(actor) + 1;
    thread->last_processor = actor->processor->number;
    return actor;
}

void threads_ready(struct _KTHREAD *thread)
{
    struct actor *actor = thread->actor == 0 ? make_thread_actor(thread) : &machine.actors[thread->actor - 1];
    actor_set(actor, ACTOR_READY);
    machine.ready |= 1u << actor_index(actor);
    if (machine_is_searched()) {
        search_order(machine_kept.search, actor_index(actor));
    }
}

void threads_block(struct _KTHREAD *thread)
{
    struct actor *me = actor_current();
    ke_step_end();
    bool ended = thread->state == KE_THREAD_ENDED;
    actor_set(me, ended ? ACTOR_ENDED : ACTOR_BLOCKED);
    thread->callback = ke_processor()->callback;
    if (ended) {
        if (ke_processor()->current == thread) {
            ke_processor()->current = NULL;
        }
        if (me == &machine.actors[machine.main]) {
            /* Whom its last step let go on takes part in what could have come before the end. */
            tso_hide();
            machine_enable();
            machine_leave(machine.abandoned ? machine_abandoned_end() : END_DONE);
        }
    }
    machine_go_on();
    thread->state = KE_THREAD_RUNNING;
}

static void move_to(struct actor *me, struct ke_processor *to)
{
    struct ke_processor *from = ke_processor();
    to->irql = from->irql;
    to->callback = from->callback;
    to->current = me->thread;
    from->current = NULL;
    from->callback = NULL;
    me->processor = to;
    me->thread->last_processor = to->number;
    host_region_switch(to);
}

void threads_move(struct _KTHREAD *thread)
{
    unsigned first = 0;
    while (first + 1 < ke_processor_count && (thread->affinity >> first & 1) == 0) {
        first++;
    }
    move_to(actor_current(), &ke_processors[first]);
}

/* ---- migration ------------------------------------------------------------------------------------ */

/*
 * A thread below DISPATCH_LEVEL may be anywhere that its affinity allows; where matters when it raises IRQL
 * and thereby keeps others from that processor.  0: it is where it was.
 */
void threads_migrate(struct actor *me, const struct op *op)
{
    unsigned allowed[KE_MAXIMUM_PROCESSORS], count = 0;
    if (op->level >= DISPATCH_LEVEL || op->new_level < DISPATCH_LEVEL || me->kind != ACTOR_THREAD ||
        (me->thread->affinity & (me->thread->affinity - 1)) == 0) {
        return;
    }
    if (machine.migrations >= machine_kept.options.migrations) {
        machine_kept.threads_stayed = true;
        return;
    }
    allowed[count++] = me->processor->number;
    for (unsigned i = 0; i < ke_processor_count; i++) {
        if ((me->thread->affinity >> i & 1) != 0 && i != me->processor->number) {
            allowed[count++] = i;
        }
    }
    unsigned chosen = count > 1 ? ke_engine->choose(CHOICE_PLACEMENT, count) : 0;
    if (chosen != 0) {
        machine.migrations++;
        move_to(me, &ke_processors[allowed[chosen]]);
    }
}
