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

/* ---- what all three have in common ----------------------------------------------------------------- */

/* "WORD LINE" for each line of the text. */
static void write_lines(FILE *out, const char *word, const char *lines)
{
    while (lines != NULL && *lines != '\0') {
        int length = (int)strcspn(lines, "\n");
        fprintf(out, "%s %.*s\n", word, length, lines);
        lines += length + (lines[length] == '\n');
    }
}

/* Closes the stream over *body and writes the file. */
static bool seal(FILE *out, char **body, const char *path, const char *kind, uint64_t *checksum, char *error,
                 size_t error_size)
{
    bool good = out != NULL && !ferror(out);
    good = (out == NULL || fclose(out) == 0) && good;
    if (!good) {
        snprintf(error, error_size, "%s: not enough memory", path);
    }
    good = good && sealed_write(path, kind, VERSION, *body, checksum, error, error_size);
    free(*body);
    return good;
}

/* Gathers the lines behind a word again. */
struct gathered {
    char *text;
    size_t size;
    FILE *out;
};

static bool gather_begin(struct gathered *gathered, struct sealed *file)
{
    *gathered = (struct gathered){0};
    gathered->out = open_memstream(&gathered->text, &gathered->size);
    return gathered->out != NULL || sealed_complain(file, "not enough memory");
}

static char *gather_end(struct gathered *gathered)
{
    if (gathered->out != NULL && fclose(gathered->out) != 0) {
        free(gathered->text);
        return NULL;
    }
    return gathered->text;
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
    char *body = NULL;
    size_t size;
    FILE *out = open_memstream(&body, &size);
    if (out != NULL) {
        setup_write(out, &unit->setup);
        fprintf(out, "strategy %s\n", unit->strategy);
        if (unit->preemptions >= 0) {
            fprintf(out, "preemptions %d\n", unit->preemptions);
        }
        write_lines(out, "shared", unit->shared);
        fprintf(out, "prefix %s\n", unit->prefix != NULL ? unit->prefix : "-");
    }
    return seal(out, &body, path, "unit", &unit->checksum, error, error_size);
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

static bool read_unit_line(struct unit_file *unit, struct sealed *file, char *line, bool *seen, FILE *shared)
{
    uint64_t number;
    switch (setup_read(&unit->setup, file, line)) {
    case SETUP_TAKEN:
        return true;
    case SETUP_WRONG:
        return false;
    default:
        break;
    }
    if (sealed_word(&line, "shared")) {
        fprintf(shared, "%s\n", line);
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
    struct gathered shared;
    bool seen = false, good = gather_begin(&shared, file);
    char *line;
    unit->preemptions = -1;
    while (good && (line = sealed_line(file)) != NULL) {
        good = read_unit_line(unit, file, line, &seen, shared.out);
    }
    unit->shared = gather_end(&shared);
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
    char *body = NULL;
    size_t size;
    FILE *out = open_memstream(&body, &size);
    if (out != NULL) {
        fprintf(out, "unit 0x%016" PRIx64 "\n", result->unit);
        write_lines(out, "shared", result->shared);
        write_part(out, result->part);
    }
    return seal(out, &body, path, "result", NULL, error, error_size);
}

static bool read_result_line(struct unit_result *result, struct sealed *file, char *line, FILE *shared)
{
    if (sealed_word(&line, "shared")) {
        fprintf(shared, "%s\n", line);
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
    struct gathered shared;
    bool good = gather_begin(&shared, file);
    char *line;
    while (good && (line = sealed_line(file)) != NULL) {
        good = read_result_line(result, file, line, shared.out);
    }
    result->shared = gather_end(&shared);
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
    char *body = NULL;
    size_t size;
    FILE *out = open_memstream(&body, &size);
    for (size_t i = 0; out != NULL && i < split->count; i++) {
        fprintf(out, "unit %zu 0x%016" PRIx64 "\n", i + 1, split->units[i]);
    }
    return seal(out, &body, path, "split", NULL, error, error_size);
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
