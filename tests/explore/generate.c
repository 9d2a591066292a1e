/*
 * generate.c - random programs, small enough to be enumerated.
 */
#include "generate.h"
#include "writer.h"

#include <stdio.h>
#include <string.h>

unsigned writer_draw(struct writer *writer, unsigned limit)
{
    uint64_t x = writer->random += 0x9E3779B97F4A7C15ULL;
    x = (x ^ x >> 30) * 0xBF58476D1CE4E5B9ULL;
    x = (x ^ x >> 27) * 0x94D049BB133111EBULL;
    return (unsigned)((x ^ x >> 31) >> 20) % limit;
}

bool writer_chance(struct writer *writer, unsigned percent)
{
    return writer_draw(writer, 100) < percent;
}

static void put(struct writer *writer, enum model_kind kind, unsigned a, unsigned b, unsigned c)
{
    writer->body->step[writer->length++] =
        (struct model_step){(uint8_t)kind, (uint8_t)a, (uint8_t)b, (uint8_t)c};
}

static void put_memory(struct writer *writer)
{
    unsigned word = writer_draw(writer, writer->words), kind = writer_draw(writer, 100);
    if ((writer->flavor & WITH_PAIRS) != 0 && kind < 15) {
        put(writer, writer_chance(writer, 50) ? DO_READ_TWO : DO_WRITE_TWO, word / 2, writer_draw(writer, 3),
            0);
    } else if (kind < 45) {
        put(writer, DO_READ, word, 0, 0);
    } else if (kind < 75) {
        put(writer, DO_WRITE, word, 1 + writer_draw(writer, 3), 0);
    } else if (kind < 88) {
        put(writer, DO_ADD, word, 1, 0);
    } else {
        put(writer, DO_CAS, word, writer_draw(writer, 3), 1 + writer_draw(writer, 3));
    }
}

static void put_locked(struct writer *writer)
{
    unsigned lock = writer_draw(writer, MODEL_LOCKS), kind = writer_draw(writer, 100);
    if (kind < 25) {
        put(writer, DO_TRY, lock, 2, 0);
        put_memory(writer);
        put(writer, DO_UNLOCK, lock, 0, 0);
        return;
    }
    put(writer, DO_LOCK, lock, 0, 0);
    put_memory(writer);
    if (kind < 45) {
        put(writer, DO_LOCK, 1 - lock, 0, 0);
        put_memory(writer);
        put(writer, DO_UNLOCK, 1 - lock, 0, 0);
    }
    put(writer, DO_UNLOCK, lock, 0, 0);
}

static void put_raised(struct writer *writer, unsigned level)
{
    static const uint8_t levels[] = {2, 2, 5};
    unsigned raised = levels[writer_draw(writer, 3)];
    if (raised <= level) {
        put_locked(writer);
        return;
    }
    put(writer, DO_RAISE, raised, 0, 0);
    if (writer_chance(writer, 60)) {
        put_locked(writer);
    } else {
        put_memory(writer);
    }
    put(writer, DO_LOWER, level, 0, 0);
}

static void put_object(struct writer *writer)
{
    const struct model_program *program = writer->program;
    unsigned kind = writer_draw(writer, 100), event = writer_draw(writer, MODEL_EVENTS);
    if (program->dpcs > writer->next && kind < (writer->crowded ? 75 : 35)) {
        bool removes = program->removes && writer_chance(writer, 40);
        unsigned dpc = writer->next + writer_draw(writer, program->dpcs - writer->next);
        put(writer, removes ? DO_REMOVE : DO_QUEUE, dpc, 0, 0);
    } else if (program->isrs > 0 && writer->thread >= 0 && kind < 45) {
        put(writer, DO_RAISE_LINE, writer_draw(writer, program->isrs), writer_chance(writer, 40), 0);
    } else if (kind < 65) {
        put(writer, DO_SET, event, 0, 0);
    } else if (kind < 70) {
        put(writer, DO_RESET, event, 0, 0);
    } else if (kind < 75) {
        put(writer, DO_DEVICE, writer_draw(writer, writer->words), writer_draw(writer, 3), event);
    } else if (kind < 85) {
        put(writer, DO_LOOK, event, 0, 0);
    } else if (writer->thread >= 0) {
        put(writer, DO_WAIT, event, 0, 0);
    }
}

void writer_put(struct writer *writer, unsigned level)
{
    unsigned kind = writer_draw(writer, 100);
    if (kind < 18) {
        put_locked(writer);
    } else if (kind < 34 && (writer->flavor & WITH_PROCESSORS) != 0) {
        put_raised(writer, level);
    } else if (kind < (writer->crowded ? 85 : 52) && (writer->flavor & WITH_OBJECTS) != 0) {
        put_object(writer);
    } else if (kind < 57) {
        put(writer, DO_CHOICE, 2 + writer_draw(writer, 2), 0, 0);
    } else if (kind < 61) {
        put(writer, DO_TEST, writer_draw(writer, MODEL_LOCKS), 0, 0);
    } else if (kind < 66 && (writer->flavor & WITH_AWAIT) != 0) {
        put(writer, DO_AWAIT, writer_draw(writer, writer->words), writer_draw(writer, 3), 0);
    } else if (kind < 70 && (writer->flavor & WITH_STOPS) != 0) {
        put(writer, DO_STOP, 1 + writer_draw(writer, 3), 0, 0);
    } else if (kind < 72 && writer->thread == 0 && writer->program->threads > 1) {
        put(writer, DO_JOIN, 1, 0, 0);
    } else if (kind < 74 && writer->thread == 0 && level == 0) {
        put(writer, DO_SETTLE, 0, 0, 0);
    } else if (kind < 77 && writer->thread >= 0 && writer->body->processor >= 0) {
        put(writer, DO_MOVE, writer_draw(writer, MODEL_PROCESSORS), 0, 0);
    } else {
        put_memory(writer);
    }
}

static void fill(struct writer *writer, struct model_body *body, unsigned steps, unsigned level, int thread)
{
    writer->body = body;
    writer->length = 0;
    writer->thread = thread;
    while (writer->length < steps) {
        writer_put(writer, level);
    }
    put(writer, DO_END, 0, 0, 0);
}

void generate(struct model_program *program, uint64_t seed)
{
    struct writer writer = {.random = seed, .program = program};
    memset(program, 0, sizeof(*program));
    writer.words = 1 + writer_draw(&writer, 3);
    writer.flavor = writer_draw(&writer, 32);
    writer.flavor &= writer_chance(&writer, 60) ? ~(unsigned)WITH_STOPS : ~0U;
    writer.crowded = writer_chance(&writer, 12);
    writer.flavor |= writer.crowded ? WITH_PROCESSORS | WITH_OBJECTS : 0;
    bool processors = (writer.flavor & WITH_PROCESSORS) != 0;
    program->threads = 2 + writer_draw(&writer, 2);
    if (processors) {
        program->dpcs = (writer.flavor & WITH_OBJECTS) != 0 ? writer_draw(&writer, MODEL_DPCS + 1) : 0;
        program->dpcs = writer.crowded ? 2 + writer_draw(&writer, 2) : program->dpcs;
        program->isrs = writer_draw(&writer, writer.crowded ? 2 : MODEL_ISRS + 1);
        program->removes = writer.crowded || writer_chance(&writer, 60);
    }
    program->ticks = (writer.flavor & WITH_OBJECTS) != 0 && writer_chance(&writer, 25);
    for (unsigned i = 0; i < program->dpcs; i++) {
        program->dpc[i].processor = writer.crowded ? 0 : (int)writer_draw(&writer, MODEL_PROCESSORS);
        writer.next = i + 1;
        fill(&writer, &program->dpc[i], 1 + writer_draw(&writer, 2), 2, -1);
    }
    writer.next = 0;
    for (unsigned i = 0; i < program->isrs; i++) {
        static const uint8_t levels[] = {3, 5, 5, 7};
        program->isr[i].processor = (int)writer_draw(&writer, MODEL_PROCESSORS);
        program->isr[i].level = levels[writer_draw(&writer, 4)];
        program->raised[i] = writer_chance(&writer, 60);
        fill(&writer, &program->isr[i], 1 + writer_draw(&writer, 2), program->isr[i].level, -1);
    }
    for (unsigned i = 0; i < program->threads; i++) {
        program->thread[i].processor = processors ? (int)writer_draw(&writer, MODEL_PROCESSORS) : -1;
        unsigned most = program->threads == 3 || program->isrs > 0 ? 3 : 4;
        fill(&writer, &program->thread[i], 1 + writer_draw(&writer, most), 0, (int)i);
    }
}

/* ---- for people ------------------------------------------------------------------------------------------
 */

static void print_body(const char *what, unsigned index, const struct model_body *body)
{
    static const char *const names[] = {
        "read",  "get",  "write",  "put",   "store",  "add",   "cas",    "read2",  "write2", "lock", "unlock",
        "try",   "test", "raise",  "lower", "choice", "queue", "remove", "set",    "reset",  "wait", "look",
        "await", "line", "device", "move",  "stop",   "skip",  "join",   "settle", "end"};
    fprintf(stderr, "  %s %u on %d level %u:", what, index, body->processor, body->level);
    for (unsigned i = 0; body->step[i].kind != DO_END; i++) {
        const struct model_step *step = &body->step[i];
        fprintf(stderr, " %s(%u,%u,%u)", names[step->kind], step->a, step->b, step->c);
    }
    fprintf(stderr, "\n");
}

void program_print(const struct model_program *program)
{
    fprintf(stderr, "  ticks %u%s\n", program->ticks, program->removes ? ", removes" : "");
    for (unsigned i = 0; i < program->threads; i++) {
        print_body("thread", i, &program->thread[i]);
    }
    for (unsigned i = 0; i < program->dpcs; i++) {
        print_body("dpc", i, &program->dpc[i]);
    }
    for (unsigned i = 0; i < program->isrs; i++) {
        print_body(program->raised[i] ? "raised isr" : "isr", i, &program->isr[i]);
    }
}
