/*
 * near.c - random programs near those in which entries were lost: a DPC or service routine that waits for
 * whom it interrupts, or is taken back too late.
 *
 * Of programs that are random from the start one in 20,000 lost an order then, of these every seventh.
 */
#include "generate.h"
#include "writer.h"

#include <string.h>

#define STEP(kind, a, b)                                                                                     \
    {                                                                                                        \
        DO_##kind, a, b, 0                                                                                   \
    }
#define READS STEP(READ, 0, 0)
#define WRITES STEP(WRITE, 0, 1)
#define LOCKS(lock) STEP(LOCK, lock, 0)
#define UNLOCKS(lock) STEP(UNLOCK, lock, 0)
#define LOCKED(lock) LOCKS(lock), READS, UNLOCKS(lock)
#define BODY(number, ...)                                                                                    \
    {                                                                                                        \
        .processor = number, .step = { __VA_ARGS__, STEP(END, 0, 0) }                                        \
    }
#define ROUTINE(number, ...)                                                                                 \
    {                                                                                                        \
        .processor = number, .level = 5, .step = { __VA_ARGS__, STEP(END, 0, 0) }                            \
    }

static const struct model_program shapes[] = {
    {.threads = 3,
     .dpcs = 2,
     .removes = true,
     .thread = {BODY(0, STEP(QUEUE, 1, 0), LOCKS(0), LOCKED(1), UNLOCKS(0)), BODY(1, STEP(REMOVE, 1, 0)),
                BODY(0, LOCKS(0), UNLOCKS(0))},
     .dpc = {BODY(0, READS), BODY(0, LOCKS(1), UNLOCKS(1))}},
    {.threads = 3,
     .isrs = 1,
     .raised = {true},
     .thread = {BODY(0, LOCKED(0)), BODY(1, STEP(RAISE_LINE, 0, 1)), BODY(0, READS)},
     .isr = {ROUTINE(0, LOCKS(0), UNLOCKS(0))}},
    {.threads = 2,
     .dpcs = 2,
     .isrs = 1,
     .removes = true,
     .raised = {true},
     .thread = {BODY(0, STEP(QUEUE, 0, 0), STEP(RAISE, 2, 0), LOCKS(0), WRITES, UNLOCKS(0),
                     STEP(LOWER, 0, 0)),
                BODY(1, LOCKED(0), STEP(REMOVE, 0, 0))},
     .dpc = {BODY(0, LOCKED(0)), BODY(0, READS)},
     .isr = {ROUTINE(0, STEP(QUEUE, 1, 0))}},
    {.threads = 3,
     .isrs = 1,
     .thread = {BODY(0, STEP(RAISE_LINE, 0, 0), LOCKED(0)), BODY(1, STEP(RAISE_LINE, 0, 1)),
                BODY(0, STEP(TEST, 0, 0))},
     .isr = {ROUTINE(0, STEP(TRY, 0, 2), WRITES, UNLOCKS(0))}},
    {.threads = 3,
     .dpcs = 2,
     .removes = true,
     .thread = {BODY(0, STEP(QUEUE, 0, 0), READS, STEP(SET, 0, 0)),
                BODY(1, STEP(REMOVE, 0, 0), STEP(QUEUE, 0, 0)), BODY(0, STEP(WAIT, 0, 0))},
     .dpc = {BODY(0, STEP(SET, 0, 0)), BODY(0, READS)}},
    {.threads = 3,
     .dpcs = 2,
     .removes = true,
     .thread = {BODY(0, STEP(QUEUE, 0, 0), READS, READS), BODY(1, STEP(QUEUE, 0, 0), READS),
                BODY(0, LOCKS(0), WRITES, UNLOCKS(0))},
     .dpc = {BODY(0, LOCKED(0)), BODY(0, READS)}},
    {.threads = 3,
     .dpcs = 1,
     .thread = {BODY(0, STEP(QUEUE, 0, 0), WRITES, READS), BODY(1, STEP(GET, 0, 0), STEP(STOP, 1, 0), WRITES),
                BODY(1, STEP(CHOICE, 2, 0), WRITES)},
     .dpc = {BODY(0, STEP(GET, 0, 0), STEP(STOP, 1, 0))}},
    {.threads = 3,
     .isrs = 1,
     .raised = {true},
     .thread = {BODY(0, WRITES, LOCKED(0)), BODY(1, STEP(RAISE_LINE, 0, 1), READS), BODY(1, LOCKED(0))},
     .isr = {ROUTINE(0, STEP(GET, 0, 0), STEP(STOP, 1, 0), WRITES)}},
};

/* Locks are released that were taken, and IRQL goes down that went up; a try has its two instructions. */
static bool is_sound(const struct model_body *body)
{
    int held[MODEL_LOCKS] = {0}, raised = 0;
    for (const struct model_step *step = body->step; step->kind != DO_END; step++) {
        held[step->a % MODEL_LOCKS] += step->kind == DO_LOCK || step->kind == DO_TRY;
        held[step->a % MODEL_LOCKS] -= step->kind == DO_UNLOCK;
        raised += (step->kind == DO_RAISE) - (step->kind == DO_LOWER);
        bool split = step->kind == DO_TRY &&
                     (step[1].kind > DO_WRITE_TWO || step[2].kind != DO_UNLOCK || step[2].a != step->a);
        if (held[0] < 0 || held[1] < 0 || raised < 0 || split || (raised > 0 && step->kind == DO_MOVE)) {
            return false;
        }
    }
    return held[0] == 0 && held[1] == 0 && raised == 0;
}

static unsigned length_of(const struct model_body *body)
{
    unsigned length = 0;
    while (body->step[length].kind != DO_END) {
        length++;
    }
    return length;
}

static void insert(struct writer *writer, struct model_body *body, unsigned level, int thread)
{
    struct model_body before = *body, more = {.processor = body->processor};
    unsigned length = length_of(body), at = writer_draw(writer, length + 1);
    writer->body = &more;
    writer->length = 0;
    writer->thread = thread;
    writer_put(writer, level);
    if (length + writer->length >= MODEL_STEPS) {
        return;
    }
    memmove(&body->step[at + writer->length], &body->step[at], (length + 1 - at) * sizeof(body->step[0]));
    memcpy(&body->step[at], more.step, writer->length * sizeof(body->step[0]));
    if (!is_sound(body)) {
        *body = before;
    }
}

static void take_out(struct model_body *body, unsigned at)
{
    memmove(&body->step[at], &body->step[at + 1], (length_of(body) - at) * sizeof(body->step[0]));
}

/* One instruction, and what ends what it began. */
static void remove_one(struct writer *writer, struct model_body *body)
{
    struct model_body before = *body;
    unsigned length = length_of(body);
    if (length == 0) {
        return;
    }
    unsigned at = writer_draw(writer, length);
    struct model_step gone = body->step[at];
    take_out(body, at);
    for (unsigned i = at; i + 1 < length; i++) {
        const struct model_step *step = &body->step[i];
        if ((gone.kind == DO_LOCK && step->kind == DO_UNLOCK && step->a == gone.a) ||
            (gone.kind == DO_RAISE && step->kind == DO_LOWER)) {
            take_out(body, i);
            break;
        }
    }
    if (!is_sound(body)) {
        *body = before;
    }
}

static void add_routine(struct writer *writer, struct model_program *program)
{
    unsigned isr = program->isrs++;
    program->isr[isr] = (struct model_body)ROUTINE(0, WRITES);
    program->isr[isr].processor = (int)writer_draw(writer, MODEL_PROCESSORS);
    program->raised[isr] = writer_chance(writer, 50);
}

static void change(struct writer *writer, struct model_program *program)
{
    unsigned kind = writer_draw(writer, 100), thread = writer_draw(writer, program->threads);
    unsigned dpc = writer_draw(writer, MODEL_DPCS), isr = writer_draw(writer, MODEL_ISRS);
    writer->next = 0;
    if (kind < 50) {
        insert(writer, &program->thread[thread], 0, (int)thread);
    } else if (kind < 65 && dpc < program->dpcs) {
        writer->next = dpc + 1;
        insert(writer, &program->dpc[dpc], 2, -1);
    } else if (kind < 73 && isr < program->isrs) {
        insert(writer, &program->isr[isr], program->isr[isr].level, -1);
    } else if (kind < 85) {
        remove_one(writer, &program->thread[thread]);
    } else if (kind < 90 && dpc < program->dpcs) {
        remove_one(writer, &program->dpc[dpc]);
    } else if (kind < 93) {
        program->thread[thread].processor = (int)writer_draw(writer, MODEL_PROCESSORS);
    } else if (kind < 96 && program->isrs < MODEL_ISRS) {
        add_routine(writer, program);
    } else if (program->dpcs > 0 && program->dpcs < MODEL_DPCS) {
        program->dpc[program->dpcs++] = (struct model_body)BODY(0, READS);
    }
}

void generate_near(struct model_program *program, uint64_t seed)
{
    struct writer writer = {.random = seed * 0xD1342543DE82EF95ULL, .program = program};
    *program = shapes[writer_draw(&writer, sizeof(shapes) / sizeof(shapes[0]))];
    writer.words = 1 + writer_draw(&writer, 2);
    writer.flavor = WITH_PROCESSORS | WITH_OBJECTS;
    writer.flavor |= writer_chance(&writer, 20) ? WITH_PAIRS : 0;
    writer.flavor |= writer_chance(&writer, 15) ? WITH_AWAIT : 0;
    writer.flavor |= writer_chance(&writer, 15) ? WITH_STOPS : 0;
    unsigned changes = 1 + writer_draw(&writer, 6);
    for (unsigned i = 0; i < changes; i++) {
        writer.crowded = writer_chance(&writer, 50);
        change(&writer, program);
    }
    program->ticks = writer_chance(&writer, 8);
}
