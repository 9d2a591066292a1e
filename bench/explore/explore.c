/*
 * explore.c - what the explored engine costs: executions a second, time to finish, time to the first bug.
 *
 *   explore UNDIS YARDSTICKS PROGRAMS SOURCE [--quick] [--strict] [--json FILE]
 *
 * UNDIS is the command, YARDSTICKS and PROGRAMS where the built yardstick and bench programs are, SOURCE the
 * directory of the sources.  All times are processor time, so that other work on the machine counts little;
 * rates leave out the time of a run of one execution.  Each rate is also shown as a share of what the naive
 * switch loop (bare.c) would make of as many switches: that ratio hardly depends on the machine.
 *
 * Other checkers run the same programs in the same run when they are there: GENMC names GenMC's executable,
 * RELACY_DIR the directory that holds relacy/relacy.hpp.
 *
 * Exits with 1 when something did not run or a number of executions is wrong; with --strict also when a
 * required figure is missed.
 */
#include "bare.h"
#include "command.h"

#include <jansson.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* On the machine of the acceptance figures a switch of the bare loop took this long. */
#define REFERENCE_SWITCH_NS 11.6
#define WORDS 24
#define BUG_EXECUTIONS 3000 /* after so many the bug is not found */

static struct {
    const char *undis, *yardsticks, *programs, *source, *genmc, *relacy_directory;
    char relacy[PATH_MAX]; /* the compiled relacy.cpp, "" without it */
    double switch_ns;
    bool quick, strict, missed;
    json_t *rows;
} bench;

/* ---- running ------------------------------------------------------------------------------------- */

struct arguments {
    char *words[WORDS];
    unsigned count;
};

static void add(struct arguments *arguments, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void add(struct arguments *arguments, const char *format, ...)
{
    va_list values;
    va_start(values, format);
    if (arguments->count == WORDS - 1 || vasprintf(&arguments->words[arguments->count], format, values) < 0) {
        abort();
    }
    arguments->words[++arguments->count] = NULL;
    va_end(values);
}

static void run(struct arguments *arguments, struct command_result *result)
{
    command_run(arguments->words, 600, result);
    for (unsigned i = 0; i < arguments->count; i++) {
        free(arguments->words[i]);
    }
    arguments->count = 0;
}

struct outcome {
    bool ran, complete, found;
    double executions, redundant, cpu;
    unsigned found_at; /* the execution that showed the first finding */
};

/* "met" or "MISSED": a figure that is required. */
static const char *judge(bool met)
{
    bench.missed = bench.missed || (bench.strict && !met);
    return met ? "met" : "MISSED";
}

static struct outcome fail(void)
{
    bench.missed = true;
    return (struct outcome){.ran = false};
}

struct program {
    const char *name;
    bool own; /* of the bench, not a yardstick */
    unsigned processors;
    unsigned events; /* switches that an execution is compared with: its accesses and the ends of its threads;
                        0: not measured by rate */
};

static unsigned first_finding(const json_t *report)
{
    const json_t *finding = json_array_get(json_object_get(report, "findings"), 0);
    return (unsigned)json_integer_value(json_object_get(finding, "found_at"));
}

/* undis explore with the words of `options`; executions 0: as many as there are. */
static struct outcome explore(const struct program *program, const char *options, unsigned executions)
{
    struct arguments arguments = {0};
    static struct command_result result;
    char words[256], *rest = words;
    add(&arguments, "%s", bench.undis);
    add(&arguments, "explore");
    add(&arguments, "%s/%s-%s.so", program->own ? bench.programs : bench.yardsticks,
        program->own ? "bench" : "yardstick", program->name);
    add(&arguments, "--processors");
    add(&arguments, "%u", program->processors);
    add(&arguments, "--format");
    add(&arguments, "json");
    snprintf(words, sizeof(words), "%s", options);
    for (const char *word; (word = strsep(&rest, " ")) != NULL;) {
        if (*word != '\0') {
            add(&arguments, "%s", word);
        }
    }
    if (executions != 0) {
        add(&arguments, "--executions");
        add(&arguments, "%u", executions);
    }
    run(&arguments, &result);
    json_t *json = result.status == 0 || result.status == 1 ? json_loads(result.output, 0, NULL) : NULL;
    if (json == NULL) {
        return fail();
    }
    struct outcome outcome = {
        .ran = true,
        .complete = json_is_true(json_object_get(json, "complete")),
        .found = json_array_size(json_object_get(json, "findings")) > 0,
        .found_at = first_finding(json),
        .executions = json_number_value(json_object_get(json, "executions")),
        .redundant = json_number_value(json_object_get(json, "redundant")),
        .cpu = result.cpu,
    };
    json_decref(json);
    return outcome;
}

/* ---- others --------------------------------------------------------------------------------------- */

/* GenMC under sequential consistency on a yardstick's own source; `define` is "-DN=5" or "". */
static struct outcome run_genmc(const char *source, const char *define)
{
    struct arguments arguments = {0};
    static struct command_result result;
    add(&arguments, "%s", bench.genmc);
    for (const char *const *word =
             (const char *const[]){"-sc", "-disable-ipr", "-disable-sr", "-disable-race-detection",
                                   "-disable-estimation", "--", NULL};
         *word != NULL; word++) {
        add(&arguments, "%s", *word);
    }
    add(&arguments, "-I%s/bench/explore/genmc", bench.source);
    if (*define != '\0') {
        add(&arguments, "%s", define);
    }
    add(&arguments, "%s/tests/yardsticks/programs/%s.c", bench.source, source);
    run(&arguments, &result);
    const char *count = strstr(result.output, "complete executions explored:");
    if (count == NULL) {
        return fail();
    }
    return (struct outcome){
        .ran = true, .complete = true, .executions = atof(strchr(count, ':') + 1), .cpu = result.cpu};
}

static void build_relacy(void)
{
    struct arguments arguments = {0};
    static struct command_result result;
    snprintf(bench.relacy, sizeof(bench.relacy), "%s/relacy", bench.programs);
    add(&arguments, "%s", getenv("CXX") != NULL ? getenv("CXX") : "c++");
    add(&arguments, "-std=c++17");
    add(&arguments, "-O2");
    add(&arguments, "-w");
    add(&arguments, "-I%s", bench.relacy_directory);
    add(&arguments, "-o");
    add(&arguments, "%s", bench.relacy);
    add(&arguments, "%s/bench/explore/relacy.cpp", bench.source);
    run(&arguments, &result);
    if (result.status != 0) {
        fprintf(stderr, "explore: relacy.cpp does not compile with RELACY_DIR=%s\n", bench.relacy_directory);
        bench.relacy[0] = '\0';
        bench.missed = true;
    }
}

static struct outcome run_relacy(const char *program, const char *search, unsigned iterations)
{
    struct arguments arguments = {0};
    static struct command_result result;
    add(&arguments, "%s", bench.relacy);
    add(&arguments, "%s", program);
    add(&arguments, "%s", search);
    add(&arguments, "%u", iterations);
    run(&arguments, &result);
    if (result.status != 0) {
        return fail();
    }
    return (struct outcome){.ran = true, .executions = atof(result.output), .cpu = result.cpu};
}

/* ---- telling -------------------------------------------------------------------------------------- */

static void record(const char *part, const char *program, const char *who, const struct outcome *outcome,
                   const char *figure, double value)
{
    json_array_append_new(
        bench.rows, json_pack("{s:s, s:s, s:s, s:f, s:f, s:f, s:b, s:f}", "part", part, "program", program,
                              "who", who, "executions", outcome->executions, "redundant", outcome->redundant,
                              "cpu_seconds", outcome->cpu, "complete", outcome->complete, figure, value));
}

/* ---- executions a second -------------------------------------------------------------------------- */

static const struct way {
    const char *name, *options;
    double required; /* executions a second at 33 events on the reference machine; 0: nothing said */
} ways[] = {
    {"naive", "--strategy naive --rule DataRace=off", 0},
    {"random", "--strategy random --rule DataRace=off", 0},
    {"pct", "--strategy pct --rule DataRace=off", 0},
    {"source", "--strategy source --rule DataRace=off", 0},
    {"optimal, without races", "--strategy optimal --rule DataRace=off", 400000},
    {"optimal", "--strategy optimal", 250000},
};

static const struct program rated[] = {
    {"counter-2x4", false, 3, 18},
    {"counter-3x5", true, 4, 33},
    {"fib_bench-5", false, 4, 32},
};

static void show_rate(const struct program *program, const char *who, double required,
                      const struct outcome *outcome, double overhead)
{
    if (!outcome->ran) {
        printf("  %-24s did not run\n", who);
        return;
    }
    double cpu = outcome->cpu > overhead ? outcome->cpu - overhead : outcome->cpu;
    double rate = outcome->executions / cpu;
    double share = rate * program->events * bench.switch_ns * 1e-9;
    double needed = required * program->events * REFERENCE_SWITCH_NS * 1e-9;
    printf("  %-24s %10.0f executions/s   %5.1f %% of the switch loop", who, rate, share * 100);
    if (required > 0 && program->events == 33) {
        printf("   (required %.1f %%: %s)", needed * 100, judge(share >= needed));
    }
    printf("\n");
    record("rate", program->name, who, outcome, "executions_per_second", rate);
    json_object_set_new(json_array_get(bench.rows, json_array_size(bench.rows) - 1), "share_of_switch_loop",
                        json_real(share));
}

static void measure_rates(void)
{
    unsigned executions = bench.quick ? 20000 : 200000;
    for (size_t i = 0; i < sizeof(rated) / sizeof(rated[0]); i++) {
        const struct program *program = &rated[i];
        printf("\n%s, %u events: the switch loop would make %.0f executions/s\n", program->name,
               program->events, 1e9 / (program->events * bench.switch_ns));
        for (size_t j = 0; j < sizeof(ways) / sizeof(ways[0]); j++) {
            struct outcome once = explore(program, ways[j].options, 1);
            struct outcome outcome = explore(program, ways[j].options, executions);
            show_rate(program, ways[j].name, ways[j].required, &outcome, once.cpu);
        }
        if (bench.relacy[0] != '\0' && i < 2) {
            struct outcome outcome = run_relacy(program->name, "random", executions);
            show_rate(program, "Relacy, random", 0, &outcome, 0);
        }
    }
}

/* ---- time to finish ------------------------------------------------------------------------------- */

static const struct finished {
    struct program program;
    const char *source, *define;
    double executions; /* of an optimal search */
    double genmc;      /* seconds that GenMC 0.10.3 took on the reference machine */
    bool required;     /* to be no slower than that */
    bool slow;
} finished[] = {
    {{"fib_bench-5", false, 4, 0}, "fib_bench", "-DN=5", 218243, 1.03, true, false},
    {{"big-0", false, 5, 0}, "big", "-DN=0", 69112, 0.32, false, false},
    {{"big-1", false, 5, 0}, "big", "-DN=1", 1820474, 7.92, true, true},
    {{"big-2", false, 5, 0}, "big", "-DN=2", 5284890, 18.42, false, true},
    {{"lastzero-15", false, 17, 0}, "lastzero", "-DN=15", 147456, 5.98, true, false},
    {{"coa-5", false, 7, 0}, "coa", "-DN=5", 49776, 0.21, false, false},
    {{"casw-5", false, 6, 0}, "casw", "-DN=5", 32880, 0.16, false, false},
    {{"readers-13", false, 15, 0}, "readers", "-DN=13", 8192, 0.18, false, false},
    {{"indexer-15", false, 16, 0}, "indexer", "-DN=15", 4096, 0.82, false, false},
    {{"cinc-4", false, 5, 0}, "binc", "-DN=4 -DWORDS=3", 13824, 0.32, false, false},
};

static void show_time(const struct outcome *outcome, unsigned width)
{
    if (!outcome->ran) {
        printf(" %*s", (int)width, "-");
    } else if (!outcome->complete) {
        printf(" %*s", (int)width, "unfinished");
    } else {
        printf(" %*.2f", (int)width, outcome->cpu);
    }
}

static void measure_finish(void)
{
    printf("\nSeconds to finish, without races (beside GenMC here, else beside its time on the reference "
           "machine)\n  %-14s %10s %9s %9s %9s %12s\n",
           "program", "executions", "optimal", "source", "GenMC", "GenMC, ref.");
    for (size_t i = 0; i < sizeof(finished) / sizeof(finished[0]); i++) {
        const struct finished *row = &finished[i];
        if (bench.quick && row->slow) {
            continue;
        }
        struct outcome optimal =
            explore(&row->program, "--strategy optimal --rule DataRace=off --seconds 900", 0);
        struct outcome source = {0}, genmc = {0};
        if (!bench.quick) {
            source = explore(&row->program, "--strategy source --rule DataRace=off --seconds 60", 0);
        }
        if (bench.genmc != NULL && strchr(row->define, ' ') == NULL) {
            genmc = run_genmc(row->source, row->define);
            record("finish", row->program.name, "GenMC", &genmc, "seconds", genmc.cpu);
        }
        printf("  %-14s %10.0f", row->program.name, row->executions);
        show_time(&optimal, 9);
        show_time(&source, 9);
        show_time(&genmc, 9);
        printf(" %12.2f", row->genmc);
        if (row->required) {
            double allowed = genmc.complete ? genmc.cpu : row->genmc;
            printf("  %s", judge(optimal.complete && optimal.cpu <= allowed));
        }
        if (optimal.ran && (optimal.executions != row->executions || optimal.redundant != 0)) {
            printf("  WRONG: %.0f executions, %.0f redundant", optimal.executions, optimal.redundant);
            bench.missed = true;
        }
        printf("\n");
        fflush(stdout);
        record("finish", row->program.name, "optimal", &optimal, "seconds", optimal.cpu);
        record("finish", row->program.name, "source", &source, "seconds", source.cpu);
    }
}

/* ---- the first bug -------------------------------------------------------------------------------- */

static const struct program broken[] = {
    {"lost_update", true, 3, 0},
    {"abba", true, 3, 0},
    {"late_reference", true, 3, 0},
};

static void show_bug(const struct program *program, const char *who, const struct outcome *outcome)
{
    if (!outcome->ran || !outcome->found) {
        printf("  %-16s %-24s not found\n", program->name, who);
        bench.missed = true;
        return;
    }
    printf("  %-16s %-24s in execution %5.0f, %6.3f s\n", program->name, who, outcome->executions,
           outcome->cpu);
    record("bug", program->name, who, outcome, "seconds", outcome->cpu);
}

/* Looks for the first finding, then measures a run that ends with it. */
static struct outcome find_bug(const struct program *program, const char *options)
{
    struct outcome outcome = explore(program, options, BUG_EXECUTIONS);
    if (outcome.found) {
        unsigned found_at = outcome.found_at;
        outcome = explore(program, options, found_at);
        outcome.executions = found_at;
    }
    return outcome;
}

static void measure_bugs(void)
{
    static const struct way searches[] = {
        {"default", "", 0},
        {"random", "--strategy random", 0},
        {"pct", "--strategy pct", 0},
        {"optimal", "--strategy optimal", 0},
    };
    printf("\nThe first bug (with start, minimising and printing)\n");
    for (size_t i = 0; i < sizeof(broken) / sizeof(broken[0]); i++) {
        for (size_t j = 0; j < sizeof(searches) / sizeof(searches[0]); j++) {
            struct outcome outcome = find_bug(&broken[i], searches[j].options);
            show_bug(&broken[i], searches[j].name, &outcome);
        }
        for (const char *const *search = (const char *const[]){"random", "full", NULL};
             bench.relacy[0] != '\0' && *search != NULL; search++) {
            char who[32];
            struct outcome outcome = run_relacy(broken[i].name, *search, 0);
            outcome.found = outcome.ran;
            snprintf(who, sizeof(who), "Relacy, %s", *search);
            show_bug(&broken[i], who, &outcome);
        }
    }
}

/* ---- the whole ------------------------------------------------------------------------------------ */

static int usage(void)
{
    fprintf(stderr, "usage: explore UNDIS YARDSTICKS PROGRAMS SOURCE [--quick] [--strict] [--json FILE]\n");
    return 2;
}

int main(int count, char **arguments)
{
    const char *json_file = NULL;
    if (count < 5) {
        return usage();
    }
    bench.undis = arguments[1], bench.yardsticks = arguments[2];
    bench.programs = arguments[3], bench.source = arguments[4];
    for (int i = 5; i < count; i++) {
        if (strcmp(arguments[i], "--quick") == 0) {
            bench.quick = true;
        } else if (strcmp(arguments[i], "--strict") == 0) {
            bench.strict = true;
        } else if (strcmp(arguments[i], "--json") == 0 && i + 1 < count) {
            json_file = arguments[++i];
        } else {
            return usage();
        }
    }
    bench.genmc = getenv("GENMC");
    bench.relacy_directory = getenv("RELACY_DIR");
    if (bench.relacy_directory != NULL) {
        build_relacy();
    }
    bench.rows = json_array();
    bench.switch_ns = bare_switch_ns();
    printf("The naive switch loop: %.1f ns a switch (%.1f on the reference machine)\n", bench.switch_ns,
           REFERENCE_SWITCH_NS);
    measure_rates();
    measure_finish();
    measure_bugs();
    if (bench.genmc == NULL || bench.relacy_directory == NULL) {
        printf("\nGENMC=executable and RELACY_DIR=directory put GenMC and Relacy beside.\n");
    }
    json_t *all = json_pack("{s:f, s:o}", "switch_ns", bench.switch_ns, "rows", bench.rows);
    if (json_file != NULL && json_dump_file(all, json_file, JSON_INDENT(1)) != 0) {
        fprintf(stderr, "explore: cannot write %s\n", json_file);
        return 2;
    }
    json_decref(all);
    return bench.missed ? 1 : 0;
}
