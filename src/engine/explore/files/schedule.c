/*
 * schedule.c - reads and writes schedule files.
 */
#include "engine/explore/files/schedule.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define KIND "schedule"
#define VERSION 1

void schedule_free(struct schedule *schedule)
{
    setup_free(&schedule->setup);
    for (size_t i = 0; schedule->notes != NULL && i < schedule->switch_count; i++) {
        free(schedule->notes[i]);
    }
    free(schedule->notes);
    free(schedule->switches);
    free(schedule->choices);
    free(schedule->shared);
    *schedule = (struct schedule){0};
}

/* ---- writing --------------------------------------------------------------------------------------- */

static void write_body(FILE *out, const struct schedule *schedule)
{
    setup_write(out, &schedule->setup);
    sealed_print_lines(out, "shared", schedule->shared);
    for (size_t i = 0; i < schedule->switch_count; i++) {
        const struct search_switch *s = &schedule->switches[i];
        fprintf(out, "switch %u x%" PRIu32 " -> %u", s->actor, s->steps, s->to);
        fprintf(out, schedule->notes != NULL ? " # %s\n" : "\n",
                schedule->notes != NULL ? schedule->notes[i] : "");
    }
    for (size_t i = 0; i < schedule->choice_count; i++) {
        fprintf(out, "choice %u\n", schedule->choices[i]);
    }
    if (schedule->class_hash != 0) {
        fprintf(out, "class 0x%016" PRIx64 "\n", schedule->class_hash);
    }
    if (schedule->rule[0] != '\0') {
        fprintf(out, "expect %s ", schedule->rule);
        sealed_print_escaped(out, schedule->site[0] != '\0' ? schedule->site : "-");
        fputc('\n', out);
    }
}

bool schedule_write(const struct schedule *schedule, const char *path, char *error, size_t error_size)
{
    struct sealed_text body;
    if (sealed_text_begin(&body)) {
        write_body(body.out, schedule);
    }
    return sealed_text_write(&body, path, KIND, VERSION, NULL, error, error_size);
}

/* ---- reading --------------------------------------------------------------------------------------- */

/* Arrays grow to powers of two. */
static bool grow(void **array, size_t count, size_t size)
{
    if ((count & (count - 1)) != 0) {
        return true;
    }
    void *larger = realloc(*array, (count == 0 ? 1 : 2 * count) * size);
    if (larger == NULL) {
        return false;
    }
    *array = larger;
    return true;
}

static bool read_switch(struct schedule *schedule, struct sealed *file, char *text)
{
    uint64_t actor, steps, to;
    bool good = sealed_number(&text, SEARCH_ACTORS - 1, &actor) && *text++ == 'x' &&
                sealed_number(&text, SEARCH_EVENTS, &steps) && sealed_word(&text, "->") &&
                sealed_number(&text, SEARCH_ACTORS - 1, &to) && sealed_at_end(text);
    if (!good) {
        return sealed_complain(file,
                               "a switch is 'switch ACTOR xSTEPS -> ACTOR', actors below %u, steps "
                               "up to %u",
                               SEARCH_ACTORS, SEARCH_EVENTS);
    }
    if (schedule->switch_count == SCHEDULE_SWITCHES) {
        return sealed_complain(file, "more than %u switches", SCHEDULE_SWITCHES);
    }
    if (!grow((void **)&schedule->switches, schedule->switch_count, sizeof(*schedule->switches))) {
        return sealed_complain(file, "not enough memory");
    }
    schedule->switches[schedule->switch_count++] =
        (struct search_switch){(uint16_t)actor, (uint16_t)to, (uint32_t)steps};
    return true;
}

static bool read_choice(struct schedule *schedule, struct sealed *file, char *text)
{
    uint64_t value;
    if (!sealed_number(&text, UINT16_MAX, &value) || !sealed_at_end(text)) {
        return sealed_complain(file, "a choice is 'choice NUMBER', up to %u", UINT16_MAX);
    }
    if (schedule->choice_count == SCHEDULE_CHOICES) {
        return sealed_complain(file, "more than %u choices", SCHEDULE_CHOICES);
    }
    if (!grow((void **)&schedule->choices, schedule->choice_count, sizeof(*schedule->choices))) {
        return sealed_complain(file, "not enough memory");
    }
    schedule->choices[schedule->choice_count++] = (uint16_t)value;
    return true;
}

static bool read_expectation(struct schedule *schedule, struct sealed *file, char *text)
{
    char *site = NULL;
    bool good = schedule->rule[0] == '\0' && sealed_token(&text, schedule->rule, sizeof(schedule->rule)) &&
                (site = sealed_escaped(&text)) != NULL && strlen(site) < sizeof(schedule->site) &&
                sealed_at_end(text);
    if (good && strcmp(site, "-") != 0) {
        memcpy(schedule->site, site, strlen(site) + 1);
    }
    free(site);
    return good || sealed_complain(file, "a line is not 'expect RULE SITE', or not the only one");
}

static bool read_line(struct schedule *schedule, struct sealed *file, char *line, struct sealed_text *shared)
{
    bool good;
    if (setup_read(&schedule->setup, file, line, &good)) {
        return good;
    }
    if (sealed_line_of(&line, "shared", shared)) {
        return true;
    }
    if (sealed_word(&line, "switch")) {
        return read_switch(schedule, file, line);
    }
    if (sealed_word(&line, "choice")) {
        return read_choice(schedule, file, line);
    }
    if (sealed_word(&line, "expect")) {
        return read_expectation(schedule, file, line);
    }
    if (sealed_word(&line, "class")) {
        return (sealed_hexadecimal(&line, &schedule->class_hash) && sealed_at_end(line)) ||
               sealed_complain(file, "a class is 'class 0x...'");
    }
    return sealed_complain(file, "no line of a schedule begins like this");
}

static bool read_body(struct schedule *schedule, struct sealed *file)
{
    struct sealed_text shared;
    bool good = sealed_text_begin(&shared);
    char *line;
    while (good && (line = sealed_line(file)) != NULL) {
        good = read_line(schedule, file, line, &shared);
    }
    schedule->shared = sealed_text_end(&shared);
    if (schedule->shared == NULL) {
        return sealed_complain(file, "not enough memory");
    }
    return good && setup_whole(&schedule->setup, file);
}

static bool finish(struct schedule *schedule, struct sealed *file, bool opened)
{
    bool good = opened && read_body(schedule, file);
    sealed_free(file);
    if (!good) {
        schedule_free(schedule);
    }
    return good;
}

bool schedule_read(struct schedule *schedule, const char *path, char *error, size_t error_size)
{
    struct sealed file;
    *schedule = (struct schedule){0};
    return finish(schedule, &file, sealed_read(&file, path, KIND, VERSION, error, error_size));
}

bool schedule_parse(struct schedule *schedule, const char *path, const void *data, size_t size, char *error,
                    size_t error_size)
{
    struct sealed file;
    *schedule = (struct schedule){0};
    return finish(schedule, &file, sealed_parse(&file, path, data, size, KIND, VERSION, error, error_size));
}
