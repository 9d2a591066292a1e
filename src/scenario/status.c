/*
 * status.c - the table behind status_name, which CMake writes from the headers that drivers include.
 */
#include "scenario/status.h"

#include <ndis.h>

#include <stddef.h>

static const struct {
    NTSTATUS value;
    const char *name;
} names[] = {
#include "status_names.inc"
};

const char *status_name(NTSTATUS status)
{
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (names[i].value == status) {
            return names[i].name;
        }
    }
    return "unknown status";
}
