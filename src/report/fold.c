/*
 * fold.c - folds findings of inlined copies (contract in fold.h).
 *
 * A place is known by its address while the drivers run, and a function that was inlined has one for each
 * copy.  That matters where the defect is all in that function: SpinLockHeldTooLong, when the lock is
 * acquired and released in it.  Where the two are in functions of their own, those may be wrappers, and their
 * callers at fault.
 *
 * A line that reads and writes a variable (`Count++`) has several accesses that race with another line's:
 * they are one race.
 */
#include "report/fold.h"

#include <string.h>

#define RULE "SpinLockHeldTooLong"

static const json_t *innermost(const json_t *finding, size_t stack)
{
    return json_array_get(
        json_object_get(json_array_get(json_object_get(finding, "stacks"), stack), "frames"), 0);
}

static const char *text(const json_t *object, const char *key)
{
    const char *value = json_string_value(json_object_get(object, key));
    return value != NULL ? value : "";
}

/* Is it all in one function, which was inlined? */
static bool is_of_copy(const json_t *finding)
{
    const json_t *acquired = innermost(finding, 0), *released = innermost(finding, 1);
    return strcmp(text(finding, "rule"), RULE) == 0 && json_is_true(json_object_get(acquired, "inlined")) &&
           json_is_true(json_object_get(released, "inlined")) && text(acquired, "function")[0] != '\0' &&
           strcmp(text(acquired, "function"), text(released, "function")) == 0;
}

static bool is_same_line(const json_t *a, const json_t *b)
{
    return strcmp(text(a, "function"), text(b, "function")) == 0 &&
           strcmp(text(a, "file"), text(b, "file")) == 0 &&
           json_integer_value(json_object_get(a, "line")) == json_integer_value(json_object_get(b, "line"));
}

/* ---- races ------------------------------------------------------------------------------------------ */

static bool is_race(const json_t *finding)
{
    static const char *const rules[] = {"DataRace", "InterlockedMixed", "SpinLockUsedFromIsr"};
    for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
        if (strcmp(text(finding, "rule"), rules[i]) == 0) {
            return true;
        }
    }
    return false;
}

static const json_t *frames_of(const json_t *finding, size_t stack)
{
    return json_object_get(json_array_get(json_object_get(finding, "stacks"), stack), "frames");
}

/* The same lines, from the access out to the function that the others were inlined into? */
static bool is_same_access(const json_t *a, const json_t *b)
{
    for (size_t i = 0; i < json_array_size(a) && i < json_array_size(b); i++) {
        const json_t *one = json_array_get(a, i), *other = json_array_get(b, i);
        if (text(one, "file")[0] == '\0' || !is_same_line(one, other)) {
            return false;
        }
        if (!json_is_true(json_object_get(one, "inlined"))) {
            return true;
        }
    }
    return false;
}

static bool is_same_race(const json_t *a, const json_t *b)
{
    if (!is_race(a) || strcmp(text(a, "rule"), text(b, "rule")) != 0) {
        return false;
    }
    const json_t *one = frames_of(a, 0), *two = frames_of(a, 1), *first = frames_of(b, 0),
                 *second = frames_of(b, 1);
    return (is_same_access(one, first) && is_same_access(two, second)) ||
           (is_same_access(one, second) && is_same_access(two, first));
}

bool report_is_same_place(const json_t *a, const json_t *b)
{
    if (is_same_race(a, b)) {
        return true;
    }
    return is_of_copy(a) && is_of_copy(b) && is_same_line(innermost(a, 0), innermost(b, 0)) &&
           is_same_line(innermost(a, 1), innermost(b, 1));
}

void report_append(json_t *findings, json_t *finding)
{
    json_t *other;
    size_t index;
    json_array_foreach(findings, index, other)
    {
        if (report_is_same_place(other, finding)) {
            json_int_t repeats = json_integer_value(json_object_get(other, "repeats"));
            repeats += 1 + json_integer_value(json_object_get(finding, "repeats"));
            json_object_set_new(other, "repeats", json_integer(repeats));
            json_decref(finding);
            return;
        }
    }
    json_array_append_new(findings, finding);
}
