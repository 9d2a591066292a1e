/*
 * unit.c - units, their results and their list: any bytes are read or refused in one line.
 */
#include "fuzz.h"
#include "sealed.h"

#include "engine/explore/search/search.h"
#include "engine/explore/files/units.h"

static void fail(void)
{
    fprintf(stderr, "an impossible value was accepted\n");
    abort();
}

static void parse_unit(const char *data, size_t size)
{
    struct unit_file unit;
    char error[512] = "";
    if (!unit_read_bytes(&unit, SEALED_NAME, data, size, error, sizeof(error))) {
        check_message(error);
        return;
    }
    if (unit.setup.driver_count == 0 || unit.setup.processors == 0 || unit.strategy[0] == '\0' ||
        (unit.prefix != NULL && !search_unit_valid(unit.prefix))) {
        fail();
    }
    unit_free(&unit);
}

static void parse_result(const char *data, size_t size)
{
    struct unit_result result;
    char error[512] = "";
    if (!unit_result_read_bytes(&result, SEALED_NAME, data, size, error, sizeof(error))) {
        check_message(error);
        return;
    }
    if (result.part == NULL) {
        fail();
    }
    unit_result_free(&result);
}

static void parse_split(const char *data, size_t size)
{
    struct split_file split;
    char error[512] = "";
    if (!split_read_bytes(&split, SEALED_NAME, data, size, error, sizeof(error))) {
        check_message(error);
        return;
    }
    if (split.count == 0 || split.count > UNITS_MOST) {
        fail();
    }
    split_free(&split);
}

static void parse(const char *data, size_t size)
{
    parse_unit(data, size);
    parse_result(data, size);
    parse_split(data, size);
}

void fuzz_one(const uint8_t *data, size_t size)
{
    size_t sealed_size;
    char *sealed = seal_again(data, size, &sealed_size);
    parse((const char *)data, size);
    parse(sealed, sealed_size);
    free(sealed);
}
