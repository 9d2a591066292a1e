/*
 * programs.h - model programs whose number of classes is known (spec explore.md, B1).
 */
#ifndef UNDIS_TESTS_EXPLORE_PROGRAMS_H
#define UNDIS_TESTS_EXPLORE_PROGRAMS_H

#include "model.h"

void program_readers(struct model_program *program, unsigned n);   /* 2^n */
void program_lastzero(struct model_program *program, unsigned n);  /* 64 for 5, 3328 for 10 */
void program_ainc(struct model_program *program, unsigned n);      /* n! */
void program_lockinc(struct model_program *program, unsigned n);   /* n! */
void program_inc(struct model_program *program, unsigned n);       /* n!^2 */
void program_cas(struct model_program *program, unsigned n);       /* n */
void program_fibonacci(struct model_program *program, unsigned n); /* 218 243 for 5 */
/* `threads` that each increment one word `n` times, by a read and a write. */
void program_increments(struct model_program *program, unsigned threads, unsigned n);
/* Two threads that take two locks in different orders. */
void program_abba(struct model_program *program);

/* Appends an instruction to a body; DO_END stays last. */
void program_add(struct model_body *body, enum model_kind kind, unsigned a, unsigned b, unsigned c);
/* A program of `threads` on no processor that do nothing yet. */
void program_clear(struct model_program *program, unsigned threads);

#endif
