/*
 * json.c - the results for other programs.
 */
#include "json.h"

#include "acceptance.h"
#include "contender.h"
#include "machine.h"
#include "results.h"

#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

static json_t *number(double value)
{
    return isfinite(value) ? json_real(value) : json_null();
}

static json_t *results(void)
{
    json_t *array = json_array();
    for (size_t i = 0; i < result_count(); i++) {
        struct result *result = result_at(i);
        json_array_append_new(
            array, json_pack("{s:s, s:s, s:i, s:s, s:i, s:o, s:o, s:o, s:o}", "measure", result->measure,
                             "contender", result->contender, "processors", (int)result->processors, "unit",
                             result->unit, "samples", (int)result->count, "median",
                             number(result_median(result)), "low", number(result_low(result)), "high",
                             number(result_high(result)), "most", number(result_most(result))));
    }
    return array;
}

static json_t *required(void)
{
    json_t *array = json_array();
    for (unsigned i = 0; i < acceptance_count(); i++) {
        const struct acceptance *line = acceptance_at(i);
        json_array_append_new(array,
                              json_pack("{s:s, s:s, s:f, s:o, s:b}", "what", line->text, "bound",
                                        line->at_most ? "at most" : "at least", "required", line->required,
                                        "measured", number(line->measured), "met", (int)line->met));
    }
    return array;
}

static json_t *left_out(void)
{
    json_t *array = json_array();
    for (const char *const *package = contenders_left_out; *package != NULL; package++) {
        json_array_append_new(array, json_string(*package));
    }
    return array;
}

bool json_write(const char *file)
{
    struct machine machine;
    machine_look(&machine);
    json_t *root = json_pack("{s:{s:s, s:i, s:f}, s:o, s:o, s:o}", "machine", "model", machine.model, "cores",
                             (int)machine.cores, "load", machine.load, "left_out", left_out(), "results",
                             results(), "required", required());
    bool written = root != NULL && json_dump_file(root, file, JSON_INDENT(1) | JSON_REAL_PRECISION(6)) == 0;
    json_decref(root);
    if (!written) {
        fprintf(stderr, "bench: cannot write %s\n", file);
    }
    return written;
}
