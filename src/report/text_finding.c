/*
 * text_finding.c - a finding as text: one line, and its evidence indented below.
 */
#include "report/text.h"

#include "report/number.h"
#include "report/table.h"

#include <string.h>

const char *text_get(const json_t *object, const char *key)
{
    const char *value = json_string_value(json_object_get(object, key));
    return value != NULL ? value : "";
}

uint64_t number_get(const json_t *object, const char *key)
{
    return (uint64_t)json_integer_value(json_object_get(object, key));
}

static void print_frame(FILE *out, const json_t *frame)
{
    const char *function = text_get(frame, "function");
    const char *file = text_get(frame, "file"), *image = text_get(frame, "image");
    fprintf(out, "      %-32s ", function[0] != '\0' ? function : "?");
    if (file[0] != '\0') {
        fprintf(out, "%s:%d%s\n", file, (int)number_get(frame, "line"),
                json_is_true(json_object_get(frame, "inlined")) ? " (inlined)" : "");
    } else {
        fprintf(out, "%s%s%s\n", image, image[0] != '\0' ? "+" : "", text_get(frame, "offset"));
    }
}

static void print_stack(FILE *out, const json_t *stack)
{
    const json_t *frames = json_object_get(stack, "frames");
    int processor = (int)json_integer_value(json_object_get(stack, "processor"));
    size_t index;
    json_t *frame;
    if (processor >= 0) {
        fprintf(out, "    %s, processor %d:\n", text_get(stack, "role"), processor);
    } else {
        fprintf(out, "    %s:\n", text_get(stack, "role"));
    }
    json_array_foreach(frames, index, frame)
    {
        print_frame(out, frame);
    }
    if (json_array_size(frames) == 0) {
        fprintf(out, "      (no driver code on the stack)\n");
    }
}

/* "    TITLE: a, b" when the list is not empty. */
static void print_list(FILE *out, const char *title, const json_t *list, const char *separator)
{
    size_t index;
    json_t *item;
    json_array_foreach(list, index, item)
    {
        fprintf(out, "%s%s%s", index == 0 ? title : "", index == 0 ? " " : separator,
                json_string_value(item));
    }
    if (json_array_size(list) > 0) {
        fputc('\n', out);
    }
}

static void print_bugcheck(FILE *out, const json_t *bugcheck)
{
    const char *name = text_get(bugcheck, "name");
    if (!json_is_object(bugcheck)) {
        return;
    }
    fprintf(out, "    on Windows: bug check 0x%llX %s%s(", (unsigned long long)number_get(bugcheck, "code"),
            name, name[0] != '\0' ? " " : "");
    size_t index;
    json_t *parameter;
    json_array_foreach(json_object_get(bugcheck, "parameters"), index, parameter)
    {
        fprintf(out, "%s0x%llx", index == 0 ? "" : ", ", (unsigned long long)json_integer_value(parameter));
    }
    fprintf(out, ")\n");
}

/* ---- what only the explored engine knows ----------------------------------------------------------- */

static void print_count(FILE *out, const json_t *object, const char *key, const char *thing)
{
    char text[32];
    uint64_t count = number_get(object, key);
    fprintf(out, "%s %s%s", number_grouped(count, text), thing, count == 1 ? "" : "s");
}

static void print_minimal(FILE *out, const json_t *minimal)
{
    if (!json_is_object(minimal)) {
        fprintf(out, "    no replay showed it again, so there is no schedule\n");
        return;
    }
    fprintf(out, "    minimised to ");
    print_count(out, minimal, "preemptions", "preemption");
    fprintf(out, ", ");
    print_count(out, minimal, "interrupts", "interrupt");
    fprintf(out, " in ");
    print_count(out, minimal, "replays", "replay");
    fprintf(out, "%s\n",
            json_is_true(json_object_get(minimal, "least")) ? "; fewer preemptions do not show it" : "");
}

static void print_step(FILE *out, const json_t *atomicity, const char *key, const char *verb)
{
    const json_t *step = json_object_get(atomicity, key);
    fprintf(out, "%s %s it in step %llu", text_get(step, "actor"), verb,
            (unsigned long long)number_get(step, "step"));
}

static void print_atomicity(FILE *out, const json_t *atomicity)
{
    if (!json_is_object(atomicity)) {
        return;
    }
    fprintf(out, "    perhaps since %s changes between two critical sections that belong together: ",
            text_get(atomicity, "data"));
    print_step(out, atomicity, "read", "reads");
    fprintf(out, ", ");
    print_step(out, atomicity, "changed", "changes");
    fprintf(out, ", ");
    print_step(out, atomicity, "written", "writes");
    fprintf(out, " without looking again\n");
}

static void print_explored(FILE *out, const json_t *finding)
{
    char found[32], seen[32];
    const char *scenario = text_get(finding, "scenario");
    if (json_object_get(finding, "found_at") != NULL) {
        fprintf(out, "    %s%sfound in execution %s, seen in %s\n", scenario, scenario[0] != '\0' ? ": " : "",
                number_grouped(number_get(finding, "found_at"), found),
                number_grouped(number_get(finding, "executions"), seen));
        print_minimal(out, json_object_get(finding, "minimal"));
        print_atomicity(out, json_object_get(finding, "atomicity"));
    }
    if (json_array_size(json_object_get(finding, "schedule")) > 0) {
        table_print(out, json_object_get(finding, "schedule"));
    }
}

void text_finding(FILE *out, const json_t *finding)
{
    char irql[32], count[32];
    int processor = (int)json_integer_value(json_object_get(finding, "processor"));
    uint64_t repeats = number_get(finding, "repeats");
    size_t index;
    json_t *stack;
    fprintf(out, "finding: %s %s: %s\n", text_get(finding, "rule"), text_get(finding, "severity"),
            text_get(finding, "message"));
    if (processor >= 0) {
        fprintf(out, "    at %s on processor %d, %s\n",
                number_irql((unsigned)number_get(finding, "irql"), irql), processor,
                text_get(finding, "context"));
    }
    print_bugcheck(out, json_object_get(finding, "bugcheck"));
    print_list(out, "    WDK rules:", json_object_get(finding, "ddi_compliance"), ", ");
    json_array_foreach(json_object_get(finding, "stacks"), index, stack)
    {
        print_stack(out, stack);
    }
    print_list(out, "    spin locks held:", json_object_get(finding, "locks_held"), " ");
    if (repeats > 0) {
        fprintf(out, "    seen %s more time%s\n", number_grouped(repeats, count), repeats == 1 ? "" : "s");
    }
    print_explored(out, finding);
    if (text_get(finding, "replay")[0] != '\0') {
        fprintf(out, "    again with: %s\n", text_get(finding, "replay"));
    }
    fputc('\n', out);
}
