/*
 * sealed.h - what the targets for undis's own files share.
 */
#ifndef UNDIS_TESTS_FUZZ_SEALED_H
#define UNDIS_TESTS_FUZZ_SEALED_H

#include "engine/explore/files/sealed.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SEALED_NAME "input"

/*
 * The bytes without their last line, with a last line that fits them: so that a change is not all that the
 * reader sees.  malloc'ed.
 */
static inline char *seal_again(const uint8_t *data, size_t size, size_t *sealed_size)
{
    while (size > 0 && data[size - 1] == '\n') {
        size--;
    }
    while (size > 0 && data[size - 1] != '\n') {
        size--;
    }
    char *text = malloc(size + 32);
    if (text == NULL) {
        abort();
    }
    memcpy(text, data, size);
    *sealed_size = size + (size_t)sprintf(text + size, "end 0x%016" PRIx64 "\n",
                                          sealed_checksum(SEALED_CHECKSUM, text, size));
    return text;
}

/* A refusal is one printable line that begins with the file's name. */
static inline void check_message(const char *error)
{
    bool good =
        strncmp(error, SEALED_NAME ":", sizeof(SEALED_NAME)) == 0 && strlen(error) > sizeof(SEALED_NAME);
    for (const char *c = error; *c != '\0'; c++) {
        good = good && isprint((unsigned char)*c);
    }
    if (!good) {
        fprintf(stderr, "not a good message: '%s'\n", error);
        abort();
    }
}

#endif
