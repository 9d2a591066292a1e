/*
 * main.c - the locks of undis beside everybody else's: runs the measures, prints the table.
 *
 *   locks [--quick] [--only MEASURE,...]
 */
#include "contender.h"
#include "crew.h"
#include "measures/measure.h"
#include "results.h"
#include "table.h"

#include <stdio.h>
#include <string.h>

static struct plan plan = {.processors = CREW_MAXIMUM};
static const char *only;

static const struct {
    const char *name;
    void (*measure)(const struct plan *plan);
} measures[] = {
    {"pairs", measure_pairs},
    {"contended", measure_contended},
};

static void conduct(void)
{
    for (unsigned i = 0; i < sizeof(measures) / sizeof(measures[0]); i++) {
        if (only == NULL || strstr(only, measures[i].name) != NULL) {
            fprintf(stderr, "bench: %s\n", measures[i].name);
            measures[i].measure(&plan);
        }
    }
}

int main(int count, char **arguments)
{
    for (int i = 1; i < count; i++) {
        if (strcmp(arguments[i], "--quick") == 0) {
            plan.quick = true;
            plan.processors = 4;
        } else if (strcmp(arguments[i], "--only") == 0 && i + 1 < count) {
            only = arguments[++i];
        } else {
            fputs("usage: locks [--quick] [--only pairs,contended]\n", stderr);
            return 2;
        }
    }
    if (!crew_with(plan.processors, conduct)) {
        fputs("bench: the machine could not be started, or it stopped\n", stderr);
        return 1;
    }
    table_print();
    return result_any_broken() ? 1 : 0;
}
