/*
 * json_check FILE: fails unless FILE is a JSON report with every member that scripts rely on and at least one
 * finding; prints the first finding's replay command.
 */
#include <jansson.h>

#include <stdio.h>
#include <string.h>

static int bad;

static json_t *member(json_t *object, const char *key, json_type type)
{
    json_t *value = json_object_get(object, key);
    if (value == NULL || (json_typeof(value) != type && !(type == JSON_REAL && json_is_number(value)))) {
        fprintf(stderr, "json_check: '%s' is missing or of another type\n", key);
        bad = 1;
    }
    return value;
}

static void check_boolean(json_t *object, const char *key)
{
    if (!json_is_boolean(json_object_get(object, key))) {
        fprintf(stderr, "json_check: '%s' is no boolean\n", key);
        bad = 1;
    }
}

static void check_run(json_t *run)
{
    member(run, "verdict", JSON_STRING);
    member(run, "engine", JSON_STRING);
    member(run, "processors", JSON_INTEGER);
    member(run, "seed", JSON_INTEGER);
    member(run, "executions", JSON_INTEGER);
    check_boolean(run, "complete");
    member(run, "seconds", JSON_REAL);
    json_t *frames = member(run, "frames", JSON_OBJECT);
    member(frames, "sent", JSON_INTEGER);
    member(frames, "received", JSON_INTEGER);
    member(frames, "dropped", JSON_INTEGER);
}

static void check_finding(json_t *finding)
{
    member(finding, "rule", JSON_STRING);
    member(finding, "severity", JSON_STRING);
    member(finding, "ddi_compliance", JSON_ARRAY);
    json_t *bugcheck = member(finding, "bugcheck", JSON_OBJECT);
    if (json_object_get(bugcheck, "code") == NULL || json_object_get(bugcheck, "name") == NULL ||
        json_object_get(bugcheck, "parameters") == NULL) {
        fprintf(stderr, "json_check: the bug check is not complete\n");
        bad = 1;
    }
    member(finding, "message", JSON_STRING);
    member(finding, "locks_held", JSON_ARRAY);
    if (json_object_get(finding, "irql") == NULL || json_object_get(finding, "processor") == NULL) {
        fprintf(stderr, "json_check: no irql or no processor\n");
        bad = 1;
    }
    json_t *stack = json_array_get(member(finding, "stacks", JSON_ARRAY), 0);
    member(stack, "role", JSON_STRING);
    json_t *frame = json_array_get(member(stack, "frames", JSON_ARRAY), 0);
    member(frame, "function", JSON_STRING);
    member(frame, "file", JSON_STRING);
    member(frame, "line", JSON_INTEGER);
    puts(json_string_value(member(finding, "replay", JSON_STRING)));
}

int main(int argc, char **argv)
{
    json_error_t error;
    json_t *run = argc == 2 ? json_load_file(argv[1], JSON_REJECT_DUPLICATES, &error) : NULL;
    if (run == NULL) {
        fprintf(stderr, "json_check: %s\n", argc == 2 ? error.text : "which file?");
        return 1;
    }
    check_run(run);
    json_t *findings = member(run, "findings", JSON_ARRAY);
    if (json_array_size(findings) == 0) {
        fprintf(stderr, "json_check: no findings\n");
        bad = 1;
    } else {
        check_finding(json_array_get(findings, 0));
    }
    json_decref(run);
    return bad;
}
