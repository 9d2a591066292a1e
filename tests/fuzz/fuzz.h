/*
 * fuzz.h - one fuzz target.
 */
#ifndef UNDIS_TESTS_FUZZ_H
#define UNDIS_TESTS_FUZZ_H

#include <stddef.h>
#include <stdint.h>

/* Feeds the bytes to what is tested.  Must return, whatever they are. */
void fuzz_one(const uint8_t *data, size_t size);

#endif
