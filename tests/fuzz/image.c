/*
 * image.c - the checks that a driver's file passes before it is mapped.
 */
#include "fuzz.h"

#include "scenario/image.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void fuzz_one(const uint8_t *data, size_t size)
{
    char why[2000] = "";
    char *copy = malloc(size == 0 ? 1 : size);
    if (copy == NULL) {
        return;
    }
    memcpy(copy, data, size);
    bool good = driver_image_check(copy, size, NULL, why, sizeof(why));
    if (!good && (why[0] == '\0' || memchr(why, '\0', sizeof(why)) == NULL)) {
        fprintf(stderr, "rejected without a reason\n");
        abort();
    }
    free(copy);
}
