/*
 * price.c - what checking costs: a frame through the miniport drivers/unic and a lock pair in a driver, on
 * the free build, on the checked one, and instrumented; beside the equivalent pthread program under the tools
 * for such.
 *
 * All of them are commands.  Time is their processor time, and their start is taken off: each is run with few
 * frames and with many.
 */
#include "command.h"
#include "measures/measure.h"
#include "results.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FEWER 8 /* times fewer frames in the first run */
#define ARGUMENTS 12

struct subject {
    const char *name;
    unsigned frames;
    const char
        *arguments[ARGUMENTS]; /* %b: the build's directory, %s: the source's, %n: the number of frames */
};

#define FRAMES_OF_UNDIS "--processors", "2", "--pcap", "%s/share/captures/lan.pcap", "--frames", "%n"
static const struct subject subjects[] = {
    {"free", 240000, {"%b/undis-free", "run", "%b/drivers/unic.so", FRAMES_OF_UNDIS}},
    {"checked", 80000, {"%b/undis", "run", "%b/drivers/unic.so", FRAMES_OF_UNDIS}},
    {"instrumented",
     80000,
     {"%b/undis", "run", "%b/bench/locks/programs/bench-unic-instrumented.so", FRAMES_OF_UNDIS}},
    {"pthread", 400000, {"%b/bench/locks/programs/bench-equivalent", "%n"}},
    {"ThreadSanitizer", 40000, {"%b/bench/locks/programs/bench-equivalent-tsan", "%n"}},
    {"Helgrind",
     8000,
     {"valgrind", "--tool=helgrind", "-q", "%b/bench/locks/programs/bench-equivalent", "%n"}},
    {"DRD", 8000, {"valgrind", "--tool=drd", "-q", "%b/bench/locks/programs/bench-equivalent", "%n"}},
};

static const struct subject pairs[] = {
    {"free", 0, {"%b/undis-free", "run", "%b/bench/locks/programs/bench-pairs.so"}},
    {"checked", 0, {"%b/undis", "run", "%b/bench/locks/programs/bench-pairs.so"}},
    {"instrumented", 0, {"%b/undis", "run", "%b/bench/locks/programs/bench-pairs-instrumented.so"}},
    {"pthread", 10000, {"%b/bench/locks/programs/bench-equivalent", "--pairs", "%n"}},
    {"ThreadSanitizer", 10000, {"%b/bench/locks/programs/bench-equivalent-tsan", "--pairs", "%n"}},
    {"Helgrind",
     1000,
     {"valgrind", "--tool=helgrind", "-q", "%b/bench/locks/programs/bench-equivalent", "--pairs", "%n"}},
    {"DRD",
     1000,
     {"valgrind", "--tool=drd", "-q", "%b/bench/locks/programs/bench-equivalent", "--pairs", "%n"}},
};

static const struct plan *plan;

static void fill(char *text, size_t size, const char *pattern, unsigned frames)
{
    if (pattern[0] == '%' && pattern[1] == 'n') {
        snprintf(text, size, "%u", frames);
    } else if (pattern[0] == '%') {
        snprintf(text, size, "%s%s", pattern[1] == 'b' ? plan->build : plan->source, pattern + 2);
    } else {
        snprintf(text, size, "%s", pattern);
    }
}

static bool run(const struct subject *subject, unsigned frames, struct command_result *result)
{
    char texts[ARGUMENTS][512];
    char *arguments[ARGUMENTS + 1] = {NULL};
    for (unsigned i = 0; i < ARGUMENTS && subject->arguments[i] != NULL; i++) {
        fill(texts[i], sizeof(texts[i]), subject->arguments[i], frames);
        arguments[i] = texts[i];
    }
    return command_run(arguments, result);
}

/* "frames: 27,375 sent, 36,087 received": their sum, 0 without such a line. */
static unsigned long passed(const char *output)
{
    unsigned long sum = 0, number = 0;
    const char *at = strstr(output, "frames: ");
    for (unsigned numbers = 0; at != NULL && numbers < 2; at++) {
        if (*at >= '0' && *at <= '9') {
            number = 10 * number + (unsigned long)(*at - '0');
        } else if (*at != ',' && number > 0) {
            sum += number;
            number = 0;
            numbers++;
        } else if (*at == '\0' || *at == '\n') {
            break;
        }
    }
    return sum;
}

static void sample_frame(const struct subject *subject)
{
    struct command_result few, many;
    unsigned frames = plan->quick ? 800 : subject->frames;
    if (!run(subject, frames / FEWER, &few) || !run(subject, frames, &many)) {
        result_broken("frame", subject->name);
        return;
    }
    double more = (double)passed(many.output) - (double)passed(few.output);
    double each = (many.seconds - few.seconds) / more * 1e9;
    if (more <= 0 || (each <= 0 && !plan->quick)) {
        result_broken("frame", subject->name);
        return;
    }
    result_add("frame", subject->name, 1, "ns", each);
}

static void note_pair(const char *measure, const struct subject *subject, const char *output,
                      const char *label)
{
    const char *at = strstr(output, label);
    if (at == NULL) {
        result_broken(measure, subject->name);
    } else {
        result_add(measure, subject->name, 1, "ns", strtod(at + strlen(label), NULL));
    }
}

static void sample_pair(const struct subject *subject)
{
    struct command_result result;
    if (!run(subject, subject->frames, &result)) {
        result_broken("pair in a program", subject->name);
    } else if (subject->frames != 0) {
        note_pair("pair in a program", subject, result.output, "pair ");
    } else {
        note_pair("pair in a program", subject, result.output, "NdisAcquireSpinLock ");
        note_pair("Dpr pair in a program", subject, result.output, "NdisDprAcquireSpinLock ");
    }
}

void measure_price(const struct plan *of)
{
    plan = of;
    if (plan->build == NULL) {
        fputs("bench: price: left out, as --build and --source are not given\n", stderr);
        return;
    }
    bool valgrind = command_exists("valgrind");
    for (unsigned round = 0; round < (plan->quick ? 1 : 3); round++) {
        for (unsigned i = 0; i < sizeof(subjects) / sizeof(subjects[0]); i++) {
            if (valgrind || strcmp(subjects[i].arguments[0], "valgrind") != 0) {
                sample_frame(&subjects[i]);
                sample_pair(&pairs[i]);
            }
        }
    }
}
