/*
 * units.c - reads and writes the files of a search in parts.
 */
#include "engine/explore/files/units.h"

#include "engine/explore/search/search.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define VERSION 1

/* ---- names ----------------------------------------------------------------------------------------- */

char *split_path(const char *directory)
{
    char *path;
    return asprintf(&path, "%s/split", directory) < 0 ? NULL : path;
}

char *unit_path(const char *directory, size_t number)
{
    char *path;
    return asprintf(&path, "%s/unit-%04zu", directory, number) < 0 ? NULL : path;
}

char *unit_result_path(const char *unit)
{
    char *path;
    return asprintf(&path, "%s.result", unit) < 0 ? NULL : path;
}

/* ---- units ----------------------------------------------------------------------------------------- */

void unit_free(struct unit_file *unit)
{
    setup_free(&unit->setup);
    free(unit->shared);
    free(unit->prefix);
    *unit = (struct unit_file){0};
}

bool unit_write(struct unit_file *unit, const char *path, char *error, size_t error_size)
{
    struct sealed_text body;
    if (sealed_text_begin(&body)) {
        FILE *out = body.out;
        setup_write(out, &unit->setup);
        fprintf(out, "strategy %s\n", unit->strategy);
        if (unit->preemptions >= 0) {
            fprintf(out, "preemptions %d\n", unit->preemptions);
        }
        sealed_print_lines(out, "shared", unit->shared);
        fprintf(out, "prefix %s\n", unit->prefix != NULL ? unit->prefix : "-");
    }
    return sealed_text_write(&body, path, "unit", VERSION, &unit->checksum, error, error_size);
}

static bool read_prefix(struct unit_file *unit, struct sealed *file, bool *seen, const char *text)
{
    if (*seen || (strcmp(text, "-") != 0 && !search_unit_valid(text))) {
        return sealed_complain(file, "a line is not 'prefix ACTOR:ASLEEP,...', or not the only one");
    }
    *seen = true;
    unit->prefix = strcmp(text, "-") != 0 ? strdup(text) : NULL;
    return strcmp(text, "-") == 0 || unit->prefix != NULL || sealed_complain(file, "not enough memory");
}

static bool read_unit_line(struct unit_file *unit, struct sealed *file, char *line, bool *seen,
                           struct sealed_text *shared)
{
    uint64_t number;
    bool good;
    if (setup_read(&unit->setup, file, line, &good)) {
        return good;
    }
    if (sealed_line_of(&line, "shared", shared)) {
        return true;
    }
    if (sealed_word(&line, "prefix")) {
        return read_prefix(unit, file, seen, line);
    }
    if (sealed_word(&line, "strategy")) {
        return (unit->strategy[0] == '\0' && sealed_token(&line, unit->strategy, sizeof(unit->strategy)) &&
                sealed_at_end(line)) ||
               sealed_complain(file, "a line is not 'strategy NAME', or not the only one");
    }
    if (sealed_word(&line, "preemptions")) {
        if (!sealed_number(&line, 1000000, &number) || !sealed_at_end(line)) {
            return sealed_complain(file, "preemptions wants a number up to 1000000");
        }
        unit->preemptions = (int)number;
        return true;
    }
    return sealed_complain(file, "no line of a unit begins like this");
}

static bool read_unit(struct unit_file *unit, struct sealed *file)
{
    struct sealed_text shared;
    bool seen = false, good = sealed_text_begin(&shared);
    char *line;
    unit->preemptions = -1;
    while (good && (line = sealed_line(file)) != NULL) {
        good = read_unit_line(unit, file, line, &seen, &shared);
    }
    unit->shared = sealed_text_end(&shared);
    if (unit->shared == NULL) {
        return sealed_complain(file, "not enough memory");
    }
    unit->checksum = file->checksum;
    if (good && (!seen || unit->strategy[0] == '\0')) {
        good = sealed_complain(file, "there is no line '%s ...'", seen ? "strategy" : "prefix");
    }
    return good && setup_whole(&unit->setup, file);
}

static bool finish_unit(struct unit_file *unit, struct sealed *file, bool opened)
{
    *unit = (struct unit_file){0};
    bool good = opened && read_unit(unit, file);
    sealed_free(file);
    if (!good) {
        unit_free(unit);
    }
    return good;
}

bool unit_read(struct unit_file *unit, const char *path, char *error, size_t error_size)
{
    struct sealed file;
    return finish_unit(unit, &file, sealed_read(&file, path, "unit", VERSION, error, error_size));
}

bool unit_read_bytes(struct unit_file *unit, const char *path, const void *data, size_t size, char *error,
                     size_t error_size)
{
    struct sealed file;
    return finish_unit(unit, &file,
                       sealed_parse(&file, path, data, size, "unit", VERSION, error, error_size));
}

/* ---- results --------------------------------------------------------------------------------------- */

void unit_result_free(struct unit_result *result)
{
    free(result->shared);
    free(result->part);
    *result = (struct unit_result){0};
}

/* In JSON a # only occurs inside of strings, and would begin a comment here. */
static void write_part(FILE *out, const char *part)
{
    fputs("part ", out);
    for (; *part != '\0'; part++) {
        *part == '#' ? fputs("\\u0023", out) : fputc(*part, out);
    }
    fputc('\n', out);
}

bool unit_result_write(const struct unit_result *result, const char *path, char *error, size_t error_size)
{
    struct sealed_text body;
    if (sealed_text_begin(&body)) {
        FILE *out = body.out;
        fprintf(out, "unit 0x%016" PRIx64 "\n", result->unit);
        sealed_print_lines(out, "shared", result->shared);
        write_part(out, result->part);
    }
    return sealed_text_write(&body, path, "result", VERSION, NULL, error, error_size);
}

static bool read_result_line(struct unit_result *result, struct sealed *file, char *line,
                             struct sealed_text *shared)
{
    if (sealed_line_of(&line, "shared", shared)) {
        return true;
    }
    if (sealed_word(&line, "unit")) {
        return (sealed_hexadecimal(&line, &result->unit) && sealed_at_end(line)) ||
               sealed_complain(file, "a unit is 'unit 0x...'");
    }
    if (sealed_word(&line, "part") && result->part == NULL) {
        result->part = strdup(line);
        return result->part != NULL || sealed_complain(file, "not enough memory");
    }
    return sealed_complain(file, "no line of a result begins like this");
}

static bool read_result(struct unit_result *result, struct sealed *file)
{
    struct sealed_text shared;
    bool good = sealed_text_begin(&shared);
    char *line;
    while (good && (line = sealed_line(file)) != NULL) {
        good = read_result_line(result, file, line, &shared);
    }
    result->shared = sealed_text_end(&shared);
    if (result->shared == NULL) {
        return sealed_complain(file, "not enough memory");
    }
    return good && (result->part != NULL || sealed_complain(file, "there is no line 'part ...'"));
}

static bool finish_result(struct unit_result *result, struct sealed *file, bool opened)
{
    *result = (struct unit_result){0};
    bool good = opened && read_result(result, file);
    sealed_free(file);
    if (!good) {
        unit_result_free(result);
    }
    return good;
}

bool unit_result_read(struct unit_result *result, const char *path, char *error, size_t error_size)
{
    struct sealed file;
    return finish_result(result, &file, sealed_read(&file, path, "result", VERSION, error, error_size));
}

bool unit_result_read_bytes(struct unit_result *result, const char *path, const void *data, size_t size,
                            char *error, size_t error_size)
{
    struct sealed file;
    return finish_result(result, &file,
                         sealed_parse(&file, path, data, size, "result", VERSION, error, error_size));
}

/* ---- the list -------------------------------------------------------------------------------------- */

void split_free(struct split_file *split)
{
    free(split->units);
    *split = (struct split_file){0};
}

bool split_write(const struct split_file *split, const char *path, char *error, size_t error_size)
{
    struct sealed_text body;
    bool good = sealed_text_begin(&body);
    for (size_t i = 0; good && i < split->count; i++) {
        fprintf(body.out, "unit %zu 0x%016" PRIx64 "\n", i + 1, split->units[i]);
    }
    return sealed_text_write(&body, path, "split", VERSION, NULL, error, error_size);
}

static bool read_split_line(struct split_file *split, struct sealed *file, char *line, size_t *room)
{
    uint64_t number, checksum;
    if (!sealed_word(&line, "unit") || !sealed_number(&line, UNITS_MOST, &number) ||
        number != split->count + 1 || !sealed_hexadecimal(&line, &checksum) || !sealed_at_end(line)) {
        return sealed_complain(file, "a line is not 'unit NUMBER 0x...', numbers from 1 on");
    }
    if (split->count == *room) {
        *room = *room == 0 ? 64 : 2 * *room;
        uint64_t *larger = realloc(split->units, *room * sizeof(*larger));
        if (larger == NULL) {
            return sealed_complain(file, "not enough memory");
        }
        split->units = larger;
    }
    split->units[split->count++] = checksum;
    return true;
}

static bool finish_split(struct split_file *split, struct sealed *file, bool opened)
{
    size_t room = 0;
    bool good = opened;
    char *line;
    *split = (struct split_file){0};
    while (good && (line = sealed_line(file)) != NULL) {
        good = read_split_line(split, file, line, &room);
    }
    if (good && split->count == 0) {
        good = sealed_complain(file, "there are no units");
    }
    sealed_free(file);
    if (!good) {
        split_free(split);
    }
    return good;
}

bool split_read(struct split_file *split, const char *path, char *error, size_t error_size)
{
    struct sealed file;
    return finish_split(split, &file, sealed_read(&file, path, "split", VERSION, error, error_size));
}

bool split_read_bytes(struct split_file *split, const char *path, const void *data, size_t size, char *error,
                      size_t error_size)
{
    struct sealed file;
    return finish_split(split, &file,
                        sealed_parse(&file, path, data, size, "split", VERSION, error, error_size));
}
