/*
 * table.c - the results as text.
 */
#include "table.h"

#include "contender.h"
#include "results.h"

#include <stdio.h>
#include <string.h>

#define COLUMNS_MAXIMUM 8u

static bool is_first_of_measure(size_t index)
{
    for (size_t i = 0; i < index; i++) {
        if (strcmp(result_at(i)->measure, result_at(index)->measure) == 0) {
            return false;
        }
    }
    return true;
}

static bool is_first_of_row(size_t index)
{
    for (size_t i = 0; i < index; i++) {
        if (strcmp(result_at(i)->measure, result_at(index)->measure) == 0 &&
            strcmp(result_at(i)->contender, result_at(index)->contender) == 0) {
            return false;
        }
    }
    return true;
}

/* The numbers of processors of a measure, in the order in which they came up. */
static unsigned columns_of(const char *measure, unsigned columns[COLUMNS_MAXIMUM])
{
    unsigned count = 0;
    for (size_t i = 0; i < result_count(); i++) {
        unsigned processors = result_at(i)->processors, seen = 0;
        while (seen < count && columns[seen] != processors) {
            seen++;
        }
        if (strcmp(result_at(i)->measure, measure) == 0 && seen == count && count < COLUMNS_MAXIMUM) {
            columns[count++] = processors;
        }
    }
    return count;
}

static void print_cell(struct result *result)
{
    if (result == NULL) {
        printf("%24s", "-");
        return;
    }
    char spread[32];
    snprintf(spread, sizeof(spread), "(%.4g-%.4g)", result_low(result), result_high(result));
    printf("%9.4g %-14s", result_median(result), spread);
}

static void print_measure(const struct result *first)
{
    unsigned columns[COLUMNS_MAXIMUM];
    unsigned count = columns_of(first->measure, columns);
    printf("\n%s%s%s\n%-32s", first->measure, first->unit[0] != '\0' ? ", " : "", first->unit, "");
    for (unsigned i = 0; i < count; i++) {
        printf("%9u %-14s", columns[i], columns[i] == 1 ? "processor" : "processors");
    }
    putchar('\n');
    for (size_t i = 0; i < result_count(); i++) {
        const struct result *row = result_at(i);
        if (strcmp(row->measure, first->measure) == 0 && is_first_of_row(i)) {
            printf("%-32s", row->contender);
            for (unsigned column = 0; column < count; column++) {
                print_cell(result_find(row->measure, row->contender, columns[column]));
            }
            putchar('\n');
        }
    }
}

void table_print(void)
{
    puts("medians, and the quartiles in parentheses");
    for (const char *const *package = contenders_left_out; *package != NULL; package++) {
        printf("left out: %s is not installed\n", *package);
    }
    for (size_t i = 0; i < result_count(); i++) {
        if (is_first_of_measure(i)) {
            print_measure(result_at(i));
        }
    }
}
