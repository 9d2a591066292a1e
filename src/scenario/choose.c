/*
 * choose.c - which scenarios fit a list of files, by their symbols alone.
 */
#include "scenario/image.h"
#include "scenario/scenario.h"
#include "scenario/small.h"

#include <stdio.h>

static size_t miniport_scenarios(const char **names)
{
    size_t count = 0;
    for (size_t i = 0; i < scenario_count; i++) {
        if (small_knows(scenarios[i].name)) {
            names[count++] = scenarios[i].name;
        }
    }
    return count;
}

size_t scenario_choose(const struct scenario_options *options, const char **names, char *error,
                       size_t error_size)
{
    struct image_facts all = {0};
    for (unsigned i = 0; i < options->driver_count; i++) {
        struct image_facts facts;
        if (!driver_image_facts(options->drivers[i], &facts, error, error_size)) {
            return 0;
        }
        all.scenario = all.scenario || facts.scenario;
        all.miniport = all.miniport || facts.miniport;
    }
    if (all.miniport && !all.scenario) {
        return miniport_scenarios(names);
    }
    names[0] = all.scenario ? "program" : "plain";
    return 1;
}

bool scenario_explorable(const struct scenario_options *options, char *error, size_t error_size)
{
    for (unsigned i = 0; i < options->driver_count; i++) {
        struct image_facts facts;
        if (!driver_image_facts(options->drivers[i], &facts, error, error_size)) {
            return false;
        }
        if (facts.thread_local) {
            snprintf(error, error_size,
                     "%s: has variables per host thread, which the explored engine cannot keep apart",
                     options->drivers[i]);
            return false;
        }
    }
    return true;
}
