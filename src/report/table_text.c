/*
 * table_text.c - rows of a schedule as text.
 *
 *        processor 0                processor 1                IRQL      locks  source
 *      1 thread 1 reads counter                                PASSIVE          lost.c:14  counter++;
 *   >  2                            thread 2 reads counter     PASSIVE          lost.c:14  counter++;
 */
#include "report/number.h"
#include "report/table.h"

#include <string.h>

#define COLUMNS 64
#define NARROW 20    /* characters of a processor's column: no less, */
#define WIDE 52      /* and no more */
#define FIRST_ROWS 4 /* what is left of a long stay on one actor */
#define LAST_ROWS 8
#define OTHERS -1 /* the clock and devices run on no processor */

struct columns {
    int processor[COLUMNS];
    unsigned count;
    size_t width;
};

static const char *text_of(const json_t *row, const char *key)
{
    const char *text = json_string_value(json_object_get(row, key));
    return text != NULL ? text : "";
}

static int number_of(const json_t *row, const char *key)
{
    return (int)json_integer_value(json_object_get(row, key));
}

/* The processors that do something, in order; what runs on none comes last. */
static void find_columns(const json_t *rows, struct columns *columns)
{
    size_t index;
    json_t *row;
    columns->width = NARROW;
    json_array_foreach(rows, index, row)
    {
        size_t width = strlen(text_of(row, "actor")) + strlen(text_of(row, "operation")) + 2;
        width = width < WIDE ? width : WIDE;
        columns->width = width > columns->width ? width : columns->width;
        int processor = number_of(row, "processor");
        unsigned at = 0;
        while (at < columns->count && columns->processor[at] != processor &&
               (unsigned)columns->processor[at] < (unsigned)processor) {
            at++;
        }
        if ((at < columns->count && columns->processor[at] == processor) || columns->count == COLUMNS) {
            continue;
        }
        memmove(&columns->processor[at + 1], &columns->processor[at],
                (columns->count - at) * sizeof(columns->processor[0]));
        columns->processor[at] = processor;
        columns->count++;
    }
}

/* At most `width` columns of the terminal, then blanks. */
static void print_cell(FILE *out, const char *text, size_t width)
{
    size_t length = strlen(text);
    if (length > width - 1) {
        fprintf(out, "%.*s.. ", (int)width - 3, text);
    } else {
        fprintf(out, "%-*s", (int)width, text);
    }
}

static void print_head(FILE *out, const struct columns *columns)
{
    fprintf(out, "           ");
    for (unsigned i = 0; i < columns->count; i++) {
        char text[32];
        snprintf(text, sizeof(text), columns->processor[i] == OTHERS ? "no processor" : "processor %d",
                 columns->processor[i]);
        print_cell(out, text, columns->width);
    }
    fprintf(out, "%-10s%-7s%s\n", "IRQL", "locks", "source");
}

static void print_where(FILE *out, const json_t *row)
{
    char irql[32], locks[64] = "";
    size_t index;
    json_t *lock;
    json_array_foreach(json_object_get(row, "locks"), index, lock)
    {
        size_t used = strlen(locks);
        snprintf(locks + used, sizeof(locks) - used, "%s%s", used != 0 ? " " : "", json_string_value(lock));
    }
    const char *level = number_irql((unsigned)number_of(row, "irql"), irql);
    int shown = (int)strcspn(level, "_"); /* PASSIVE of PASSIVE_LEVEL */
    fprintf(out, "%.*s%*s%-7s", shown, level, shown < 10 ? 10 - shown : 1, "", locks);
    const char *file = text_of(row, "file"), *slash = strrchr(file, '/');
    if (file[0] != '\0') {
        fprintf(out, "%s:%d  %s", slash != NULL ? slash + 1 : file, number_of(row, "line"),
                text_of(row, "source"));
    }
    fputc('\n', out);
}

static void print_row(FILE *out, const json_t *row, const struct columns *columns)
{
    char text[256];
    snprintf(text, sizeof(text), "%s %s", text_of(row, "actor"), text_of(row, "operation"));
    fprintf(out, "    %c %4d ", json_is_true(json_object_get(row, "forced")) ? '>' : ' ',
            number_of(row, "step"));
    for (unsigned i = 0; i < columns->count; i++) {
        bool mine = columns->processor[i] == number_of(row, "processor");
        print_cell(out, mine ? text : "", columns->width);
    }
    print_where(out, row);
}

/* How many rows from `first` on belong to one actor. */
static size_t stay(const json_t *rows, size_t first)
{
    const char *actor = text_of(json_array_get(rows, first), "actor");
    size_t count = 1;
    while (first + count < json_array_size(rows) &&
           strcmp(text_of(json_array_get(rows, first + count), "actor"), actor) == 0) {
        count++;
    }
    return count;
}

void table_print(FILE *out, const json_t *rows)
{
    struct columns columns = {0};
    find_columns(rows, &columns);
    print_head(out, &columns);
    for (size_t first = 0, count; first < json_array_size(rows); first += count) {
        count = stay(rows, first);
        for (size_t i = 0; i < count; i++) {
            if (i == FIRST_ROWS && count > FIRST_ROWS + LAST_ROWS + 1) {
                fprintf(out, "           ... %zu more of %s\n", count - FIRST_ROWS - LAST_ROWS,
                        text_of(json_array_get(rows, first), "actor"));
                i = count - LAST_ROWS;
            }
            print_row(out, json_array_get(rows, first + i), &columns);
        }
    }
}
