/*
 * setup.c - the head of schedules and units.
 */
#include "engine/explore/files/setup.h"

#include "engine/explore/search/search.h"
#include "ndis/parameters.h"

#include <dlfcn.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define MOST_INTERRUPTS 2 /* enum device_signalling */
#define MOST_FRAMES 1000000000000u
#define MOST_TICKS 1000000u

void setup_free(struct setup *setup)
{
    for (unsigned i = 0; i < setup->driver_count; i++) {
        free(setup->driver_path[i]);
    }
    for (unsigned i = 0; i < setup->registry_count; i++) {
        free(setup->registry[i]);
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

bool setup_add_registry(struct setup *setup, const char *text)
{
    char *copy = setup->registry_count < SETUP_REGISTRY ? strdup(text) : NULL;
    if (copy != NULL) {
        setup->registry[setup->registry_count++] = copy;
    }
    return copy != NULL;
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
    sealed_print_escaped(out, path);
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
    if (setup->interrupts != 0) {
        fprintf(out, "interrupts %u\n", setup->interrupts);
    }
    for (unsigned i = 0; i < setup->registry_count; i++) {
        fputs("registry ", out);
        sealed_print_escaped(out, setup->registry[i]);
        fputc('\n', out);
    }
    if (setup->pcap != NULL) {
        write_file(out, "pcap", setup->pcap_id, setup->pcap);
    }
    fprintf(out, "memory %s\n", setup->tso ? "tso" : "sc");
    fprintf(out, "accesses %s\n", setup->all_accesses ? "all" : "shared");
    if (setup->anywhere) {
        fprintf(out, "placement any\n");
    }
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
        (setup->driver_path[i] = sealed_escaped(&text)) == NULL) {
        return sealed_complain(file, "a driver's line is not 'driver BUILD-ID PATH'");
    }
    setup->driver_count++;
    return sealed_at_end(text) || sealed_complain(file, "a driver's line is not 'driver BUILD-ID PATH'");
}

static bool read_pcap(struct setup *setup, struct sealed *file, char *text)
{
    if (setup->pcap != NULL || !sealed_token(&text, setup->pcap_id, BUILD_ID_SIZE) ||
        !is_id(setup->pcap_id) || (setup->pcap = sealed_escaped(&text)) == NULL || !sealed_at_end(text)) {
        return sealed_complain(file, "a line is not 'pcap CHECKSUM PATH', or not the only one");
    }
    return true;
}

static bool read_registry(struct setup *setup, struct sealed *file, char *text)
{
    char *given = sealed_escaped(&text);
    const char *equals = given != NULL ? strchr(given, '=') : NULL;
    bool good = equals != NULL && equals != given && equals - given <= ADAPTER_PARAMETER_NAME &&
                strlen(equals + 1) <= ADAPTER_PARAMETER_TEXT && sealed_at_end(text) &&
                setup_add_registry(setup, given);
    free(given);
    return good || sealed_complain(file, "a line is not 'registry KEY=VALUE', or there are too many");
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

/* The lines of one number each.  As setup_read. */
static bool read_number(struct setup *setup, struct sealed *file, char *line, bool *good)
{
    const struct {
        const char *name;
        uint64_t low, high;
        uint64_t *large; /* where it goes, */
        unsigned *small; /* or here */
    } numbers[] = {{"processors", 1, SETUP_PROCESSORS, NULL, &setup->processors},
                   {"seed", 0, UINT64_MAX, &setup->seed, NULL},
                   {"frames", 0, MOST_FRAMES, &setup->frames, NULL},
                   {"interrupts", 0, MOST_INTERRUPTS, NULL, &setup->interrupts},
                   {"ticks", 0, MOST_TICKS, NULL, &setup->ticks},
                   {"failures", 0, MOST_TICKS, NULL, &setup->failures},
                   {"migrations", 0, MOST_TICKS, NULL, &setup->migrations},
                   {"steps", 0, SEARCH_EVENTS, NULL, &setup->steps}};
    const unsigned count = sizeof(numbers) / sizeof(numbers[0]);
    uint64_t value;
    unsigned i = 0;
    while (i < count && !sealed_word(&line, numbers[i].name)) {
        i++;
    }
    if (i == count) {
        return false;
    }
    *good = sealed_number(&line, numbers[i].high, &value) && value >= numbers[i].low && sealed_at_end(line);
    if (!*good) {
        sealed_complain(file, "%s wants a number from %" PRIu64 " to %" PRIu64, numbers[i].name,
                        numbers[i].low, numbers[i].high);
    } else if (numbers[i].large != NULL) {
        *numbers[i].large = value;
    } else {
        *numbers[i].small = (unsigned)value;
    }
    return true;
}

bool setup_read(struct setup *setup, struct sealed *file, char *line, bool *good)
{
    if (sealed_word(&line, "driver")) {
        *good = read_driver(setup, file, line);
    } else if (sealed_word(&line, "pcap")) {
        *good = read_pcap(setup, file, line);
    } else if (sealed_word(&line, "registry")) {
        *good = read_registry(setup, file, line);
    } else if (sealed_word(&line, "undis")) {
        *good = read_name(setup->undis, sizeof(setup->undis), "undis", file, line);
    } else if (sealed_word(&line, "scenario")) {
        *good = read_name(setup->scenario, sizeof(setup->scenario), "scenario", file, line);
    } else if (sealed_word(&line, "memory")) {
        *good = read_either(&setup->tso, "memory", "sc", "tso", file, line);
    } else if (sealed_word(&line, "accesses")) {
        *good = read_either(&setup->all_accesses, "accesses", "shared", "all", file, line);
    } else if (sealed_word(&line, "placement")) {
        *good = read_either(&setup->anywhere, "placement", "first", "any", file, line);
    } else {
        return read_number(setup, file, line, good);
    }
    return true;
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
