/*
 * optimal.c - optimal DPOR: what reverses a race is kept as a sequence of steps in the wakeup tree of
 * its frame, so that no execution turns out to be redundant (Abdulla et al., POPL 2014, algorithm 2).
 *
 * Only races of steps that this execution took for the first time are looked at: those among the steps that
 * were replayed have been reversed already.
 */
#include "engine/explore/search/internal.h"

/* `op` NULL: it follows (taken). */
static struct wake *wake_make(struct search *search, unsigned actor, unsigned value, const struct op *op)
{
    struct wake *wake = search->wake_free;
    if (wake != NULL) {
        search->wake_free = wake->next;
    } else {
        wake = search_allocate(sizeof(*wake));
    }
    wake->actor = (uint8_t)actor;
    wake->value = (uint16_t)value;
    if (op != NULL) {
        wake->op = *op;
    }
    wake->child = wake->next = NULL;
    return wake;
}

static void wake_drop(struct search *search, struct wake *wake)
{
    while (wake != NULL) {
        struct wake *next = wake->next;
        wake_drop(search, wake->child);
        wake->next = search->wake_free;
        search->wake_free = wake;
        wake = next;
    }
}

static void drop_tree(struct search *search, struct frame *frame)
{
    wake_drop(search, frame->tree);
    frame->tree = NULL;
}

void optimal_close(struct search *search)
{
    for (uint32_t i = 0; i < search->frames && search->strategy == &search_optimal; i++) {
        drop_tree(search, &search->frame[i]);
    }
    wake_drop(search, search->subtree);
    while (search->wake_free != NULL) {
        struct wake *next = search->wake_free->next;
        free(search->wake_free);
        search->wake_free = next;
    }
}

/* ---- taking steps ---------------------------------------------------------------------------------------
 */

static int choose(struct search *search, struct frame *frame, const struct search_actor *actors,
                  unsigned count)
{
    (void)count;
    frame->tree = search->subtree;
    search->subtree = NULL;
    if (frame->tree != NULL) {
        frame->planned = true;
        frame->value = frame->tree->value;
        return frame->tree->actor;
    }
    uint32_t awake = frame->enabled & ~sleep_blocked(frame);
    if (awake == 0) {
        return SEARCH_STOP; /* possible only in a unit, and after a machine was stopped */
    }
    unsigned actor = search_stay(search, block_last(awake, actors));
    frame->value = sleep_first_value(search, search->depth, actor);
    frame->tree = wake_make(search, actor, frame->value, NULL);
    return (int)actor;
}

static void taken(struct search *search, struct frame *frame)
{
    if (frame->tree != NULL) {
        frame->tree->op = search->event[search->depth].op;
        search->subtree = frame->tree->child;
        frame->tree->child = NULL;
    }
}

/* ---- plans into the tree --------------------------------------------------------------------------------
 */

/* Does the plan's step `a` come before its step `b`, which is later in it? */
static inline bool plan_orders(const struct search *search, const struct planned *a, const struct planned *b,
                               const struct race *race)
{
    if (a->event == DECISION || b->event == DECISION) {
        return a->event == b->event;
    }
    if (b->event == NOTHING) {
        return comes_before(search, a->event, race_before(search, race)) ||
               ops_depend(a->actor, a->op, b->actor, b->op);
    }
    /* An entry may go before a step that it does not depend on, together with what comes after the entry. */
    uint32_t event = a->event != NOTHING ? a->event : race->event;
    return comes_before(search, event, &search->clock[b->event]) || op_is_interrupted_by(a->op, b->op);
}

enum initial { NOT_INITIAL, INITIAL_ELSEWHERE, INITIAL_IN_PLAN };

/* Could the plan begin with this step (a weak initial)?  In the plan, at *position, or added to it. */
static enum initial plan_initial(const struct search *search, const struct race *race, unsigned actor,
                                 const struct op *op, uint32_t *position)
{
    const struct planned *plan = search->plan.data;
    uint32_t count = search->plan.count;
    for (uint32_t i = 0; i < count; i++) {
        if (plan[i].actor != actor) {
            continue;
        }
        for (uint32_t k = 0; k < i; k++) {
            if (plan_orders(search, &plan[k], &plan[i], race)) {
                return NOT_INITIAL;
            }
        }
        *position = i;
        return INITIAL_IN_PLAN;
    }
    for (uint32_t i = 0; i < count; i++) {
        if (ops_depend(actor, op, plan[i].actor, plan[i].op)) {
            return NOT_INITIAL;
        }
    }
    return INITIAL_ELSEWHERE;
}

/* Is what the plan leads to explored already, from a step that sleeps at this frame? */
static bool is_asleep(struct search *search, uint32_t depth, const struct race *race)
{
    const struct frame *frame = &search->frame[depth];
    for (uint32_t left = frame->asleep; left != 0; left &= left - 1) {
        unsigned actor = (unsigned)__builtin_ctz(left);
        const struct sleeper *sleeper = sleep_of(search, depth, actor);
        bool partly = (frame->partly >> actor & 1) != 0, unfollowed = (frame->unfollowed >> actor & 1) != 0;
        uint32_t position;
        switch (plan_initial(search, race, actor, &sleeper->op, &position)) {
        case NOT_INITIAL:
            break;
        case INITIAL_ELSEWHERE:
            /* What the machine's end cut off may have been taken for a part of that branch. */
            if (!partly && !unfollowed && !race->before_end) {
                return true;
            }
            break;
        case INITIAL_IN_PLAN:
            if (!partly || (search->plan.data[position].value < SEARCH_VALUES &&
                            (sleeper->values >> search->plan.data[position].value & 1) != 0)) {
                return true;
            }
            break;
        }
    }
    return false;
}

static void plan_remove(struct search *search, uint32_t position)
{
    struct planned *plan = search->plan.data;
    memmove(&plan[position], &plan[position + 1], (search->plan.count - position - 1) * sizeof(*plan));
    search->plan.count--;
}

/* One value of a CHOICE: what begins so goes on with that value only. */
static bool is_one_of_many(const struct wake *wake)
{
    return wake->op.kind == OP_CHOICE && wake->op.aux > 1;
}

/*
 * The branch among `wake` and its siblings that the plan can follow; its step is then out of the plan.  When
 * that is one value of a CHOICE that the plan leaves open: *open is that branch, and nothing is returned.
 */
static struct wake *plan_follow(struct search *search, const struct race *race, struct wake *wake,
                                const struct wake **open)
{
    for (; wake != NULL; wake = wake->next) {
        uint32_t position;
        enum initial initial = plan_initial(search, race, wake->actor, &wake->op, &position);
        if (initial == INITIAL_ELSEWHERE) {
            *open = is_one_of_many(wake) ? wake : NULL;
            return *open == NULL ? wake : NULL;
        }
        if (initial == INITIAL_IN_PLAN && search->plan.data[position].value == wake->value) {
            plan_remove(search, position);
            return wake;
        }
    }
    return NULL;
}

static void reverse(struct search *search, const struct race *race);

/* What the plan passes by in the tree, or the value of a CHOICE there, becomes its part. */
static void decide(struct search *search, const struct wake *wake, unsigned value)
{
    *vector_push(&search->decisions) = (struct planned){DECISION, wake->actor, (uint16_t)value, &wake->op};
}

/* From the branch that is being explored on, or, should that end the machine, beside it.  Returns the CHOICE
 * that has to be decided before the plan can be inserted, or NULL: it is. */
static const struct wake *plan_insert(struct search *search, struct frame *frame, const struct race *race)
{
    struct wake **link = race->before_end ? &frame->tree->next : &frame->tree;
    for (;;) {
        const struct wake *open = NULL;
        uint32_t left = search->plan.count;
        struct wake *wake = plan_follow(search, race, *link, &open);
        if (open != NULL) {
            return open;
        }
        if (wake == NULL) {
            break;
        }
        if (wake->child == NULL || search->plan.count == 0) {
            return NULL; /* a leaf: all that begins so will be explored */
        }
        if (search->plan.count == left) {
            decide(search, wake, wake->value);
        }
        link = &wake->child;
    }
    while (*link != NULL) {
        link = &(*link)->next;
    }
    for (uint32_t i = 0; i < search->plan.count; i++) {
        const struct planned *planned = &search->plan.data[i];
        *link = wake_make(search, planned->actor, planned->value, planned->op);
        link = &(*link)->child;
    }
    return NULL;
}

/* The plan can be followed in one value's branch of the CHOICE, and would be lost to the others: once with
 * each value. */
static void reverse_with_each(struct search *search, const struct race *race, const struct wake *open)
{
    for (unsigned value = 0; value < open->op.aux; value++) {
        decide(search, open, value);
        reverse(search, race);
        search->decisions.count--;
    }
}

/* The plan, with what was decided; the frame at which it begins, or NOTHING. */
static uint32_t plan_make(struct search *search, const struct race *race, enum plan_extent extent,
                          struct op *op)
{
    uint32_t depth = race_plan(search, race, extent, op);
    for (uint32_t i = 0; i < search->decisions.count && depth != NOTHING; i++) {
        *vector_push(&search->plan) = search->decisions.data[i];
    }
    return depth;
}

static bool plan_can_begin(const struct search *search, const struct frame *frame)
{
    return (frame->enabled >> search->plan.data[0].actor & 1) != 0;
}

/*
 * Has another unit, or an execution that a finding ended, begun so?  Then what follows there has perhaps not
 * been explored, and a plan that begins with an entry only because that does not depend on the steps it
 * interrupted says nothing of the order in which it comes behind them: that one is left.
 */
static bool is_planned_elsewhere(struct search *search, const struct race *race, uint32_t depth,
                                 struct op *op)
{
    return is_asleep(search, depth, race) &&
           (search->frame[depth].unfollowed == 0 || !search->blocks ||
            plan_make(search, race, PLAN_BEHIND, op) != depth || is_asleep(search, depth, race));
}

static void reverse(struct search *search, const struct race *race)
{
    struct op op;
    uint32_t depth = plan_make(search, race, PLAN_WHOLE, &op), decided = search->decisions.count;
    if (depth == NOTHING || depth < search->fixed) {
        return;
    }
    struct frame *frame = &search->frame[depth];
    if (plan_can_begin(search, frame) && !is_planned_elsewhere(search, race, depth, &op) &&
        plan_can_begin(search, frame)) {
        const struct wake *open = plan_insert(search, frame, race);
        if (open != NULL) {
            reverse_with_each(search, race, open);
        }
        search->decisions.count = decided;
    }
}

static void analyse(struct search *search, const struct search_actor *actors, unsigned count)
{
    wake_drop(search, search->subtree); /* left over when the machine stopped early */
    search->subtree = NULL;
    race_note_pending(search, actors, count);
    for (uint32_t i = 0; i < search->races.count; i++) {
        reverse(search, &search->races.data[i]);
    }
}

/* ---- the next branch ------------------------------------------------------------------------------------
 */

static bool advance(struct search *search, uint32_t depth)
{
    struct frame *frame = &search->frame[depth];
    struct wake *done = frame->tree;
    if (done->next == NULL && (frame->planned || frame->values == 1)) {
        drop_tree(search, frame); /* nobody will ask who sleeps here */
        return false;
    }
    bool was_taken = !search->misled || depth + 1 < search->frames;
    if (was_taken) {
        sleep_add(search, depth);
        if (!frame->planned && sleep_next_value(search, depth)) {
            done->value = frame->value;
            return true;
        }
    }
    frame->tree = done->next;
    done->next = NULL;
    wake_drop(search, done);
    if (frame->tree == NULL) {
        return false;
    }
    frame->actor = frame->tree->actor;
    frame->value = frame->tree->value;
    frame->planned = true;
    return true;
}

const struct search_method search_optimal = {
    .clocks = true,
    .sleeps = true,
    .choose = choose,
    .taken = taken,
    .analyse = analyse,
    .advance = advance,
};
