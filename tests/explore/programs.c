/*
 * programs.c - model programs whose number of classes is known.
 */
#include "programs.h"

#include <stdlib.h>
#include <string.h>

void program_clear(struct model_program *program, unsigned threads)
{
    memset(program, 0, sizeof(*program));
    program->threads = threads;
    for (unsigned i = 0; i < threads; i++) {
        program->thread[i].processor = -1;
        program->thread[i].step[0].kind = DO_END;
    }
}

void program_add(struct model_body *body, enum model_kind kind, unsigned a, unsigned b, unsigned c)
{
    unsigned at = 0;
    while (body->step[at].kind != DO_END) {
        at++;
    }
    if (at + 1 >= MODEL_STEPS) {
        abort();
    }
    body->step[at] = (struct model_step){(uint8_t)kind, (uint8_t)a, (uint8_t)b, (uint8_t)c};
    body->step[at + 1].kind = DO_END;
}

void program_readers(struct model_program *program, unsigned n)
{
    program_clear(program, n + 1);
    program_add(&program->thread[0], DO_STORE, 0, 1, 0);
    for (unsigned i = 1; i <= n; i++) {
        program_add(&program->thread[i], DO_GET, 0, 0, 0);
    }
}

/* One looks for the last word that is zero, from the end; the others each make one from the one before. */
void program_lastzero(struct model_program *program, unsigned n)
{
    program_clear(program, n + 1);
    for (unsigned i = n;; i--) {
        program_add(&program->thread[0], DO_GET, i, 0, 0);
        if (i == 0) {
            break;
        }
        program_add(&program->thread[0], DO_SKIP, 0, 2 * i - 1, 0);
    }
    for (unsigned i = 1; i <= n; i++) {
        program_add(&program->thread[i], DO_GET, i - 1, 0, 0);
        program_add(&program->thread[i], DO_PUT, i, 1, 0);
    }
}

void program_ainc(struct model_program *program, unsigned n)
{
    program_clear(program, n);
    for (unsigned i = 0; i < n; i++) {
        program_add(&program->thread[i], DO_ADD, 0, 1, 0);
    }
}

void program_lockinc(struct model_program *program, unsigned n)
{
    program_clear(program, n);
    for (unsigned i = 0; i < n; i++) {
        program_add(&program->thread[i], DO_LOCK, 0, 0, 0);
        program_add(&program->thread[i], DO_GET, 0, 0, 0);
        program_add(&program->thread[i], DO_PUT, 0, 1, 0);
        program_add(&program->thread[i], DO_UNLOCK, 0, 0, 0);
    }
}

void program_increments(struct model_program *program, unsigned threads, unsigned n)
{
    program_clear(program, threads);
    for (unsigned i = 0; i < threads * n; i++) {
        program_add(&program->thread[i / n], DO_GET, 0, 0, 0);
        program_add(&program->thread[i / n], DO_PUT, 0, 1, 0);
    }
}

void program_inc(struct model_program *program, unsigned n)
{
    program_increments(program, n, 1);
}

/* All try to be the first. */
void program_cas(struct model_program *program, unsigned n)
{
    program_clear(program, n);
    for (unsigned i = 0; i < n; i++) {
        program_add(&program->thread[i], DO_CAS, 0, 0, i + 1);
    }
}

/* Two words grow by each other, a third thread looks at them. */
void program_fibonacci(struct model_program *program, unsigned n)
{
    program_clear(program, 3);
    program_add(&program->thread[2], DO_GET, 0, 0, 0);
    program_add(&program->thread[2], DO_GET, 1, 0, 0);
    for (unsigned i = 0; i < 2 * n; i++) {
        unsigned mine = i / n;
        program_add(&program->thread[mine], DO_GET, mine, 0, 0);
        program_add(&program->thread[mine], DO_READ, 1 - mine, 0, 0);
        program_add(&program->thread[mine], DO_PUT, mine, 0, 0);
    }
}

void program_abba(struct model_program *program)
{
    program_clear(program, 2);
    for (unsigned i = 0; i < 2; i++) {
        program_add(&program->thread[i], DO_LOCK, i, 0, 0);
        program_add(&program->thread[i], DO_LOCK, 1 - i, 0, 0);
        program_add(&program->thread[i], DO_UNLOCK, 1 - i, 0, 0);
        program_add(&program->thread[i], DO_UNLOCK, i, 0, 0);
    }
}
