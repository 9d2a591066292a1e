/*
 * schedule.c - schedule files: any bytes are read or refused in one line; what is read is within its limits.
 */
#include "fuzz.h"
#include "sealed.h"

#include "engine/explore/files/schedule.h"

static void check(const struct schedule *schedule)
{
    bool good = schedule->setup.driver_count > 0 && schedule->setup.driver_count <= SETUP_DRIVERS &&
                schedule->setup.processors > 0 && schedule->setup.processors <= SETUP_PROCESSORS &&
                schedule->setup.steps <= SEARCH_EVENTS && schedule->setup.scenario[0] != '\0';
    for (size_t i = 0; i < schedule->switch_count; i++) {
        good =
            good && schedule->switches[i].actor < SEARCH_ACTORS && schedule->switches[i].to < SEARCH_ACTORS;
    }
    if (!good) {
        fprintf(stderr, "an impossible value was accepted\n");
        abort();
    }
}

static bool is_same(const void *a, const void *b, size_t size)
{
    return size == 0 || memcmp(a, b, size) == 0;
}

/* Writes it, reads that, and compares. */
static void go_round(const struct schedule *schedule)
{
    char path[] = "/tmp/undis-fuzz-XXXXXX", error[512];
    struct schedule again;
    int file = mkstemp(path);
    if (file < 0 || !schedule_write(schedule, path, error, sizeof(error)) ||
        !schedule_read(&again, path, error, sizeof(error)) || again.switch_count != schedule->switch_count ||
        again.choice_count != schedule->choice_count ||
        !is_same(again.switches, schedule->switches, again.switch_count * sizeof(*again.switches)) ||
        !is_same(again.choices, schedule->choices, again.choice_count * sizeof(*again.choices)) ||
        strcmp(again.setup.driver_path[0], schedule->setup.driver_path[0]) != 0 ||
        strcmp(again.shared, schedule->shared) != 0 || strcmp(again.site, schedule->site) != 0 ||
        again.class_hash != schedule->class_hash) {
        fprintf(stderr, "what was written is not what is read\n");
        abort();
    }
    schedule_free(&again);
    remove(path);
}

static void parse(const char *data, size_t size)
{
    static bool went_round;
    struct schedule schedule;
    char error[512] = "";
    if (schedule_parse(&schedule, SEALED_NAME, data, size, error, sizeof(error))) {
        check(&schedule);
        if (!went_round) {
            went_round = true;
            go_round(&schedule);
        }
        schedule_free(&schedule);
    } else {
        check_message(error);
    }
}

void fuzz_one(const uint8_t *data, size_t size)
{
    size_t sealed_size;
    char *sealed = seal_again(data, size, &sealed_size);
    parse((const char *)data, size);
    parse(sealed, sealed_size);
    free(sealed);
}
