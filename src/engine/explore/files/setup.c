/*
 * setup.c - the head of schedules and units.
 */
#include "engine/explore/files/setup.h"

#include "engine/explore/search/search.h"

#include <ctype.h>
#include <dlfcn.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define MOST_FRAMES 1000000000000u
#define MOST_TICKS 1000000u

void setup_free(struct setup *setup)
{
    for (unsigned i = 0; i < setup->driver_count; i++) {
        free(setup->driver_path[i]);
    }
    free(setup->pcap);
    *setup = (struct setup){0};
}

bool setup_add_driver(struct setup *setup, const char *path, char *error, size_t error_size)
{
    if (setup->driver_count == SETUP_DRIVERS) {
        snprintf(error, error_size, "%s: more than %u drivers", path, SETUP_DRIVERS);
        return false;
    }
    if (!build_id_of(path, setup->build_id[setup->driver_count], error, error_size)) {
        return false;
    }
    setup->driver_path[setup->driver_count] = strdup(path);
    if (setup->driver_path[setup->driver_count] == NULL) {
        snprintf(error, error_size, "%s: not enough memory", path);
        return false;
    }
    setup->driver_count++;
    return true;
}

bool setup_set_pcap(struct setup *setup, const char *path, char *error, size_t error_size)
{
    if (!build_id_of(path, setup->pcap_id, error, error_size)) {
        return false;
    }
    setup->pcap = strdup(path);
    return setup->pcap != NULL;
}

void setup_set_undis(struct setup *setup)
{
    Dl_info info;
    char error[256];
    if (dladdr((const void *)(uintptr_t)setup_set_undis, &info) == 0 ||
        !build_id_of(info.dli_fname, setup->undis, error, sizeof(error))) {
        snprintf(setup->undis, sizeof(setup->undis), "0");
    }
}

/* ---- writing --------------------------------------------------------------------------------------- */

static void write_file(FILE *out, const char *what, const char *id, const char *path)
{
    fprintf(out, "%s %s ", what, id);
    sealed_print_text(out, path);
    fputc('\n', out);
}

void setup_write(FILE *out, const struct setup *setup)
{
    fprintf(out, "undis %s\n", setup->undis);
    for (unsigned i = 0; i < setup->driver_count; i++) {
        write_file(out, "driver", setup->build_id[i], setup->driver_path[i]);
    }
    fprintf(out, "scenario %s\n", setup->scenario);
    fprintf(out, "processors %u\n", setup->processors);
    fprintf(out, "seed %" PRIu64 "\n", setup->seed);
    fprintf(out, "frames %" PRIu64 "\n", setup->frames);
    if (setup->pcap != NULL) {
        write_file(out, "pcap", setup->pcap_id, setup->pcap);
    }
    fprintf(out, "memory %s\n", setup->tso ? "tso" : "sc");
    fprintf(out, "accesses %s\n", setup->all_accesses ? "all" : "shared");
    fprintf(out, "ticks %u\n", setup->ticks);
    fprintf(out, "failures %u\n", setup->failures);
    fprintf(out, "migrations %u\n", setup->migrations);
    fprintf(out, "steps %" PRIu32 "\n", setup->steps);
}

/* ---- reading --------------------------------------------------------------------------------------- */

static bool is_id(const char *id)
{
    return id[0] != '\0' && strspn(id, "0123456789abcdef") == strlen(id);
}

static bool read_driver(struct setup *setup, struct sealed *file, char *text)
{
    unsigned i = setup->driver_count;
    if (i == SETUP_DRIVERS) {
        return sealed_complain(file, "more than %u drivers", SETUP_DRIVERS);
    }
    if (!sealed_token(&text, setup->build_id[i], BUILD_ID_SIZE) || !is_id(setup->build_id[i]) ||
        (setup->driver_path[i] = sealed_text(&text)) == NULL) {
        return sealed_complain(file, "a driver's line is not 'driver BUILD-ID PATH'");
    }
    setup->driver_count++;
    return sealed_at_end(text) || sealed_complain(file, "a driver's line is not 'driver BUILD-ID PATH'");
}

static bool read_pcap(struct setup *setup, struct sealed *file, char *text)
{
    if (setup->pcap != NULL || !sealed_token(&text, setup->pcap_id, BUILD_ID_SIZE) ||
        !is_id(setup->pcap_id) || (setup->pcap = sealed_text(&text)) == NULL || !sealed_at_end(text)) {
        return sealed_complain(file, "a line is not 'pcap CHECKSUM PATH', or not the only one");
    }
    return true;
}

static bool read_name(char *into, size_t size, const char *what, struct sealed *file, char *text)
{
    if (into[0] != '\0' || !sealed_token(&text, into, size) || !sealed_at_end(text)) {
        return sealed_complain(file, "a line is not '%s NAME', or not the only one", what);
    }
    return true;
}

/* One of two words. */
static bool read_either(bool *second, const char *what, const char *first_word, const char *second_word,
                        struct sealed *file, char *text)
{
    *second = sealed_word(&text, second_word);
    if ((!*second && !sealed_word(&text, first_word)) || !sealed_at_end(text)) {
        return sealed_complain(file, "%s is %s or %s", what, first_word, second_word);
    }
    return true;
}

static bool read_numbers(struct setup *setup, struct sealed *file, const char *what, char *text)
{
    static const struct {
        const char *name;
        uint64_t low, high;
    } known[] = {{"processors", 1, SETUP_PROCESSORS}, {"seed", 0, UINT64_MAX},
                 {"frames", 0, MOST_FRAMES},          {"ticks", 0, MOST_TICKS},
                 {"failures", 0, MOST_TICKS},         {"migrations", 0, MOST_TICKS},
                 {"steps", 0, SEARCH_EVENTS}};
    uint64_t value;
    unsigned i = 0;
    while (strcmp(known[i].name, what) != 0) {
        i++;
    }
    if (!sealed_number(&text, known[i].high, &value) || value < known[i].low || !sealed_at_end(text)) {
        return sealed_complain(file, "%s wants a number from %" PRIu64 " to %" PRIu64, what, known[i].low,
                               known[i].high);
    }
    switch (i) {
    case 0:
        setup->processors = (unsigned)value;
        break;
    case 1:
        setup->seed = value;
        break;
    case 2:
        setup->frames = value;
        break;
    case 3:
        setup->ticks = (unsigned)value;
        break;
    case 4:
        setup->failures = (unsigned)value;
        break;
    case 5:
        setup->migrations = (unsigned)value;
        break;
    default:
        setup->steps = (uint32_t)value;
    }
    return true;
}

enum setup_line setup_read(struct setup *setup, struct sealed *file, char *line)
{
    static const char *const words[] = {"processors", "seed",       "frames", "ticks",
                                        "failures",   "migrations", "steps"};
    bool good;
    if (sealed_word(&line, "driver")) {
        good = read_driver(setup, file, line);
    } else if (sealed_word(&line, "pcap")) {
        good = read_pcap(setup, file, line);
    } else if (sealed_word(&line, "undis")) {
        good = read_name(setup->undis, sizeof(setup->undis), "undis", file, line);
    } else if (sealed_word(&line, "scenario")) {
        good = read_name(setup->scenario, sizeof(setup->scenario), "scenario", file, line);
    } else if (sealed_word(&line, "memory")) {
        good = read_either(&setup->tso, "memory", "sc", "tso", file, line);
    } else if (sealed_word(&line, "accesses")) {
        good = read_either(&setup->all_accesses, "accesses", "shared", "all", file, line);
    } else {
        for (unsigned i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
            if (sealed_word(&line, words[i])) {
                return read_numbers(setup, file, words[i], line) ? SETUP_TAKEN : SETUP_WRONG;
            }
        }
        return SETUP_OTHER;
    }
    return good ? SETUP_TAKEN : SETUP_WRONG;
}

bool setup_whole(const struct setup *setup, struct sealed *file)
{
    const char *missing = setup->driver_count == 0     ? "driver"
                          : setup->scenario[0] == '\0' ? "scenario"
                          : setup->processors == 0     ? "processors"
                          : setup->undis[0] == '\0'    ? "undis"
                                                       : NULL;
    return missing == NULL || sealed_complain(file, "there is no line '%s ...'", missing);
}

/* ---- checking -------------------------------------------------------------------------------------- */

static bool check_file(const char *name, const char *path, const char *wanted, char *error, size_t error_size)
{
    char id[BUILD_ID_SIZE] = "", why[512];
    if (!build_id_of(path, id, why, sizeof(why))) {
        snprintf(error, error_size, "%s: it is for %s", name, why);
        return false;
    }
    if (strcmp(id, wanted) != 0) {
        snprintf(error, error_size, "%s: it is not for this %s: build id %.12s... wanted, %.12s... found",
                 name, path, wanted, id);
        return false;
    }
    return true;
}

bool setup_check(struct setup *setup, const char *name, unsigned count, char *const *paths, char *error,
                 size_t error_size)
{
    if (count != 0 && count != setup->driver_count) {
        snprintf(error, error_size, "%s: it is for %u driver%s, not for %u", name, setup->driver_count,
                 setup->driver_count == 1 ? "" : "s", count);
        return false;
    }
    for (unsigned i = 0; i < setup->driver_count; i++) {
        if (count != 0) {
            free(setup->driver_path[i]);
            setup->driver_path[i] = strdup(paths[i]);
        }
        if (setup->driver_path[i] == NULL) {
            snprintf(error, error_size, "%s: not enough memory", name);
            return false;
        }
        if (!check_file(name, setup->driver_path[i], setup->build_id[i], error, error_size)) {
            return false;
        }
    }
    return setup->pcap == NULL || check_file(name, setup->pcap, setup->pcap_id, error, error_size);
}
