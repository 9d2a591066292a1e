/*
 * assembly.c - the assembly that `undis cc --instrument` rewrites: lines stay lines, and only calls change.
 */
#include "fuzz.h"

#include "cli/cc.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static size_t count(const char *text, size_t size, const char *what)
{
    size_t found = 0, length = strlen(what);
    for (size_t i = 0; i + length <= size; i++) {
        found += memcmp(text + i, what, length) == 0;
    }
    return found;
}

void fuzz_one(const uint8_t *data, size_t size)
{
    char *text = malloc(size + 1); /* exactly as large as it is, for AddressSanitizer */
    size_t joined_size = 0;
    if (text == NULL) {
        return;
    }
    memcpy(text, data, size);
    char *joined = cc_join_announcements(text, size, &joined_size);
    if (joined == NULL || count(text, size, "\n") != count(joined, joined_size, "\n") ||
        count(text, size, "call") != count(joined, joined_size, "call") ||
        count(joined, joined_size, "__undis_copy_write") - count(text, size, "__undis_copy_write") !=
            count(joined, joined_size, "__undis_copy_read") - count(text, size, "__undis_copy_read")) {
        fprintf(stderr, "the text was damaged\n");
        abort();
    }
    free(joined);
    free(text);
}
