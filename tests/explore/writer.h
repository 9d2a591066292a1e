/*
 * writer.h - what writes random instructions into a body.
 */
#ifndef UNDIS_TESTS_EXPLORE_WRITER_H
#define UNDIS_TESTS_EXPLORE_WRITER_H

#include "model.h"

struct writer {
    uint64_t random;
    const struct model_program *program;
    struct model_body *body;
    unsigned length;
    unsigned words; /* that programs use */
    int thread;     /* -1: a DPC or service routine */
    unsigned next;  /* the first DPC that this body may queue: none comes again and again */
    unsigned flavor;
    bool crowded; /* much queueing and taking back, all on one processor */
};

enum flavor { WITH_PROCESSORS = 1, WITH_OBJECTS = 2, WITH_STOPS = 4, WITH_PAIRS = 8, WITH_AWAIT = 16 };

unsigned writer_draw(struct writer *writer, unsigned limit);
bool writer_chance(struct writer *writer, unsigned percent);
/* Some instructions that belong together, to the end of the body, which runs at that level. */
void writer_put(struct writer *writer, unsigned level);

#endif
