/*
 * image.h - the checks that a driver's file passes before the dynamic linker sees it.
 */
#ifndef UNDIS_SCENARIO_IMAGE_H
#define UNDIS_SCENARIO_IMAGE_H

#include "ke/pageable.h"

#include <stdbool.h>
#include <stddef.h>

/* What its symbols tell about a driver file. */
struct image_facts {
    bool entry;        /* exports DriverEntry */
    bool scenario;     /* exports undis_scenario: a program */
    bool miniport;     /* imports NdisMRegisterMiniportDriver */
    bool instrumented; /* `undis cc --instrument`: reports its memory accesses */
    bool thread_local; /* has variables of its own per host thread: it cannot be explored */
};

/*
 * Checks the contents of a driver file: a complete ELF shared object for this machine that exports
 * DriverEntry or undis_scenario and whose imports the process (or a library that it names itself) provides.
 * On failure writes why, in words that follow the file's name.  `data` is only read.  On success fills in
 * *facts, which may be NULL.  A host thread that is no processor.
 */
bool driver_image_check(char *data, size_t size, struct image_facts *facts, char *why, size_t why_size);

/*
 * Finds a variable that is per host thread (__thread, _Thread_local, __declspec(thread)) in a shared object:
 * its name, or a phrase when it has none.  False: there is none, or this is no ELF file.
 */
bool driver_image_thread_local(char *data, size_t size, char *name, size_t name_size);

/*
 * Finds the code of a file that has passed driver_image_check in sections whose names begin with PAGE: each
 * function, or the whole section when nothing in it has a symbol; `bias` is added to the addresses.  In
 * ascending order; the caller frees *code, which may be NULL.  False: not enough memory.
 */
bool driver_image_pageable(char *data, size_t size, uintptr_t bias, struct pageable_code **code,
                           size_t *count);

/* driver_image_check for the file at `path`; on failure one line that begins with the path.  load.c. */
bool driver_image_facts(const char *path, struct image_facts *facts, char *error, size_t error_size);

#endif
