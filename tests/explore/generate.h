/*
 * generate.h - seeded random model programs for the fuzzer.
 */
#ifndef UNDIS_TESTS_EXPLORE_GENERATE_H
#define UNDIS_TESTS_EXPLORE_GENERATE_H

#include "model.h"

void generate(struct model_program *program, uint64_t seed);
/* One that differs little from a few in which orders were once missed (near.c). */
void generate_near(struct model_program *program, uint64_t seed);
void program_print(const struct model_program *program);

#endif
