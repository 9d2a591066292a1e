/*
 * main.c - the locks of undis beside everybody else's: runs the measures and writes down what came of them.
 *
 * Ends with 1 when a measurement makes no sense, with --strict also when something that is required is
 * missed.
 */
#include "acceptance.h"
#include "contender.h"
#include "crew.h"
#include "json.h"
#include "measures/measure.h"
#include "results.h"
#include "svg.h"
#include "table.h"

#include <stdio.h>
#include <string.h>

static struct plan plan;
static const char *only;

static const struct {
    const char *name;
    void (*measure)(const struct plan *plan);
} measures[] = {
    {"pairs", measure_pairs}, {"contended", measure_contended}, {"fairness", measure_fairness},
    {"reads", measure_reads}, {"lists", measure_lists},         {"interrupts", measure_interrupts},
    {"price", measure_price},
};

bool plan_has(const struct plan *of, const struct contender *contender)
{
    size_t length = strlen(contender->name);
    for (const char *name = of->locks; name != NULL; name = strchr(name, ',')) {
        name += *name == ',';
        if (strncmp(name, contender->name, length) == 0 && (name[length] == ',' || name[length] == '\0')) {
            return true;
        }
    }
    return of->locks == NULL;
}

static void conduct(void)
{
    for (unsigned i = 0; i < sizeof(measures) / sizeof(measures[0]); i++) {
        if (only == NULL || strstr(only, measures[i].name) != NULL) {
            fprintf(stderr, "bench: %s\n", measures[i].name);
            measures[i].measure(&plan);
        }
    }
}

static const char usage[] = "usage: locks [--quick] [--strict] [--only MEASURE,...] [--locks NAME,...]\n"
                            "             [--build DIRECTORY --source DIRECTORY] [--json FILE] [--svg FILE]\n"
                            "measures: pairs contended fairness reads lists interrupts price\n"
                            "names: as in the first column of the tables\n";

static const char *json_file, *svg_file;
static bool strict;

static bool read_arguments(int count, char **arguments)
{
    const struct {
        const char *name;
        const char **value;
    } options[] = {{"--only", &only},          {"--locks", &plan.locks}, {"--build", &plan.build},
                   {"--source", &plan.source}, {"--json", &json_file},   {"--svg", &svg_file}};
    for (int i = 1; i < count; i++) {
        bool known = strcmp(arguments[i], "--quick") == 0 || strcmp(arguments[i], "--strict") == 0;
        plan.quick |= strcmp(arguments[i], "--quick") == 0;
        strict |= strcmp(arguments[i], "--strict") == 0;
        for (unsigned k = 0; k < sizeof(options) / sizeof(options[0]) && !known && i + 1 < count; k++) {
            if (strcmp(arguments[i], options[k].name) == 0) {
                *options[k].value = arguments[++i];
                known = true;
            }
        }
        if (!known) {
            return false;
        }
    }
    return (plan.build == NULL) == (plan.source == NULL);
}

int main(int count, char **arguments)
{
    if (!read_arguments(count, arguments)) {
        fputs(usage, stderr);
        return 2;
    }
    plan.processors = plan.quick ? 4 : CREW_MAXIMUM;
    if (!crew_with(plan.processors, conduct)) {
        fputs("bench: the machine could not be started, or it stopped\n", stderr);
        return 1;
    }
    table_print();
    unsigned missed = acceptance_print();
    if ((json_file != NULL && !json_write(json_file)) || (svg_file != NULL && !svg_write(svg_file))) {
        return 1;
    }
    return result_any_broken() || (strict && missed != 0) ? 1 : 0;
}
