/*
 * cc.c - `undis cc`: builds a driver's sources into a shared object that `undis run` loads.
 *
 * Each source is preprocessed, translated (cc_translate.c) and compiled; then everything is linked.  What
 * the flags (cc_flags.c) stand for is explained in docs/cc.md.
 */
#include "cli/cc.h"
#include "cli/cli.h"
#include "scenario/image.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

enum { KEY_INSTRUMENT = 256, KEY_FREE, KEY_DPR, KEY_FORCE };

static const struct argp_option option_table[] = {
    {"output", 'o', "DRIVER.so", 0, "The driver to write (default: the first source's name)", 0},
    {"instrument", KEY_INSTRUMENT, NULL, 0, "Report every memory access of the driver to the engine", 0},
    {"free", KEY_FREE, NULL, 0,
     "For the free build alone, with its quick locks inlined: run it with run --free", 0},
    {"dpr-old-irql", KEY_DPR, "store|keep", 0,
     "What NdisDprAcquireSpinLock does to OldIrql: store DISPATCH_LEVEL (headers before NDIS 6.20) or keep "
     "it "
     "(default)",
     0},
    {"force-include", KEY_FORCE, "[SOURCE=]FILE", 0, "Include FILE before each source, or before that one",
     0},
    CLI_OPTION_HELP,
    {0},
};

static error_t parse(int key, char *argument, struct argp_state *state)
{
    struct cc_options *options = state->input;
    switch (key) {
    case 'o':
        if (options->output != NULL) {
            cli_error("cc: -o is given twice");
            return EINVAL;
        }
        options->output = argument;
        return 0;
    case KEY_INSTRUMENT:
        options->instrument = true;
        return 0;
    case KEY_FREE:
        options->free = true;
        return 0;
    case KEY_DPR:
        if (strcmp(argument, "store") != 0 && strcmp(argument, "keep") != 0) {
            cli_error("cc: --dpr-old-irql is store or keep, not '%s'", argument);
            return EINVAL;
        }
        options->store_old_irql = strcmp(argument, "store") == 0;
        return 0;
    case KEY_FORCE:
        cc_list_add(&options->forced, argument);
        return 0;
    case ARGP_KEY_ARG:
        cc_list_add(&options->sources, argument);
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp argp = {
    .options = option_table,
    .parser = parse,
    .args_doc = "SOURCE.c ... [-- COMPILER FLAGS]",
    .doc = "Build a driver from C or C++ sources.\v"
           "CC and CXX choose the compilers.  Flags after -- go to the compiler and the linker.",
};

/* ---- one source ---------------------------------------------------------------------------------- */

/* The directories of -I in the user's flags, then our own headers, then the source's own directory. */
static void include_directories(const struct cc_options *options, const char *source, const char *wdk,
                                struct cc_list *directories)
{
    for (size_t i = 0; i < options->flags.count; i++) {
        const char *flag = options->flags.items[i];
        if (strncmp(flag, "-I", 2) == 0 && flag[2] != '\0') {
            cc_list_add(directories, flag + 2);
        } else if (strcmp(flag, "-I") == 0 && i + 1 < options->flags.count) {
            cc_list_add(directories, options->flags.items[++i]);
        }
    }
    cc_list_add(directories, wdk);
    cc_list_add(directories, "/usr/include");
    const char *slash = strrchr(source, '/');
    cc_list_addf(directories, "%.*s", slash != NULL ? (int)(slash - source) : 1,
                 slash != NULL ? source : ".");
}

/* `FILE` of each --force-include that is meant for this source. */
static void add_forced(struct cc_list *list, const struct cc_options *options, const char *source)
{
    const char *base = strrchr(source, '/') != NULL ? strrchr(source, '/') + 1 : source;
    for (size_t i = 0; i < options->forced.count; i++) {
        const char *forced = options->forced.items[i];
        const char *equals = strchr(forced, '=');
        size_t length = equals != NULL ? (size_t)(equals - forced) : 0;
        if (equals == NULL || (strlen(base) == length && strncmp(base, forced, length) == 0) ||
            (strlen(source) == length && strncmp(source, forced, length) == 0)) {
            cc_list_add(list, "-include");
            cc_list_add(list, equals != NULL ? equals + 1 : forced);
        }
    }
}

static bool run_step(const struct cc_list *command, const char *step, const char *subject)
{
    fflush(stdout);
    int status = cc_execute(command);
    if (status < 0) {
        cli_error("cc: cannot run %s: %s", command->items[0], strerror(errno));
    } else if (status != 0) {
        cli_error("cc: %s could not %s %s", command->items[0], step, subject);
    }
    return status == 0;
}

/* <undis/...> for programs of the explored engine: beside wdk/, or (installed) one level above. */
static void add_author_headers(struct cc_list *command, const char *wdk)
{
    char probe[PATH_MAX];
    snprintf(probe, sizeof(probe), "%s/../undis/explore.h", wdk);
    cc_list_addf(command, access(probe, R_OK) == 0 ? "-idirafter%s/.." : "-idirafter%s/../..", wdk);
}

static bool preprocess(const struct cc_options *options, const char *source, bool cplusplus, const char *wdk,
                       const char *overlay, const char *own, const char *output)
{
    struct cc_list command = {0};
    cc_add_compiler(&command, cplusplus);
    cc_add_flags(&command, options, cplusplus);
    cc_list_add(&command, "-E");
    cc_add_user_flags(&command, options, false);
    cc_list_addf(&command, "-isystem%s", wdk);
    cc_list_addf(&command, "-idirafter%s", own);
    cc_list_addf(&command, "-idirafter%s", overlay);
    add_author_headers(&command, wdk);
    cc_list_addf(&command, "-include%s/undis_dialect.h", wdk);
    add_forced(&command, options, source);
    cc_list_add(&command, "-x");
    cc_list_add(&command, cplusplus ? "c++" : "c");
    cc_list_add(&command, source);
    cc_list_add(&command, "-o");
    cc_list_add(&command, output);
    bool done = run_step(&command, "compile", source);
    cc_list_free(&command);
    return done;
}

static bool translate(const char *source, bool cplusplus, const char *from, const char *to, bool *pageable)
{
    size_t size, translated_size;
    char *text = cc_read_file(from, &size);
    char *translated = text != NULL ? cc_translate(text, size, cplusplus, &translated_size) : NULL;
    bool done = translated != NULL && cc_write_file(to, translated, translated_size);
    if (!done) {
        cli_error("cc: cannot translate %s: %s", source, strerror(errno));
    }
    *pageable = done && cc_has_pageable(translated, translated_size);
    free(text);
    free(translated);
    return done;
}

/* Runs the compiler proper on preprocessed text: to an object, or (-S) to assembly. */
static bool compile_to(const struct cc_options *options, const char *source, bool cplusplus, const char *from,
                       const char *what, const char *to)
{
    struct cc_list command = {0};
    cc_add_compiler(&command, cplusplus);
    cc_add_flags(&command, options, cplusplus);
    cc_add_user_flags(&command, options, true);
    cc_list_add(&command, what);
    cc_list_add(&command, "-x");
    cc_list_add(&command, cplusplus ? "c++-cpp-output" : "cpp-output");
    cc_list_add(&command, from);
    cc_list_add(&command, "-o");
    cc_list_add(&command, to);
    bool done = run_step(&command, "compile", source);
    cc_list_free(&command);
    return done;
}

static bool assemble(const char *source, bool cplusplus, const char *from, const char *object)
{
    struct cc_list command = {0};
    cc_add_compiler(&command, cplusplus);
    cc_list_add(&command, "-c");
    cc_list_add(&command, from);
    cc_list_add(&command, "-o");
    cc_list_add(&command, object);
    bool done = run_step(&command, "assemble", source);
    cc_list_free(&command);
    return done;
}

static bool join_announcements(const char *source, const char *assembly)
{
    size_t size, joined_size;
    char *text = cc_read_file(assembly, &size);
    char *joined = text != NULL ? cc_join_announcements(text, size, &joined_size) : NULL;
    bool done = joined != NULL && cc_write_file(assembly, joined, joined_size);
    if (!done) {
        cli_error("cc: cannot rewrite the assembly of %s: %s", source, strerror(errno));
    }
    free(text);
    free(joined);
    return done;
}

/* gcc's instrumented code goes through assembly. */
static bool compile(const struct cc_options *options, const char *source, bool cplusplus, const char *from,
                    const char *assembly, const char *object)
{
    if (!options->instrument || cc_is_clang(cplusplus)) {
        return compile_to(options, source, cplusplus, from, "-c", object);
    }
    return compile_to(options, source, cplusplus, from, "-S", assembly) &&
           join_announcements(source, assembly) && assemble(source, cplusplus, assembly, object);
}

static bool build_source(const struct cc_options *options, size_t index, const char *wdk,
                         const char *directory, struct cc_list *objects)
{
    const char *source = options->sources.items[index];
    bool cplusplus = cc_is_cplusplus(source);
    struct cc_options own = *options;
    struct cc_list names = {0};
    struct cc_list directories = {0};
    /* Deep, so that a name with ../ in it stays inside the temporary directory. */
    cc_list_addf(&names, "%s/%zu/include/1/2/3/4", directory, index);
    cc_list_addf(&names, "%s/%zu/source.ii", directory, index);
    cc_list_addf(&names, "%s/%zu/source.i", directory, index);
    cc_list_addf(&names, "%s/%zu/source.o", directory, index);
    cc_list_addf(&names, "%s/%zu/source.s", directory, index);
    include_directories(options, source, wdk, &directories);
    bool done = cc_make_directories(names.items[0]);
    if (!done) {
        cli_error("cc: cannot make the directory %s: %s", names.items[0], strerror(errno));
    } else {
        cc_overlay_source(source, &directories, names.items[0]);
        done = preprocess(options, source, cplusplus, wdk, names.items[0],
                          directories.items[directories.count - 1], names.items[1]) &&
               translate(source, cplusplus, names.items[1], names.items[2], &own.pageable) &&
               compile(&own, source, cplusplus, names.items[2], names.items[4], names.items[3]);
    }
    cc_list_add(objects, names.items[3]);
    cc_list_free(&names);
    cc_list_free(&directories);
    return done;
}

/* ---- the whole driver ---------------------------------------------------------------------------- */

static bool link_driver(const struct cc_options *options, const char *output, const struct cc_list *objects)
{
    struct cc_list command = {0};
    cc_add_compiler(&command, false);
    cc_list_add(&command, "-shared");
    cc_list_add(&command, "-fPIC");
    cc_list_add(&command, "-g");
    cc_list_add(&command, "-Wl,-Bsymbolic");
    cc_add_link_flags(&command, options);
    cc_list_add_all(&command, objects);
    cc_add_user_flags(&command, options, true);
    cc_list_add(&command, "-o");
    cc_list_add(&command, output);
    bool done = run_step(&command, "link", output);
    cc_list_free(&command);
    return done;
}

/* An instrumented driver may have no __thread variables: all processors of the explored engine share them. */
static bool check_thread_variables(const struct cc_options *options, const char *output)
{
    size_t size;
    char name[128];
    char *image = options->instrument ? cc_read_file(output, &size) : NULL;
    bool found = image != NULL && driver_image_thread_local(image, size, name, sizeof(name));
    if (found) {
        cli_error("cc: %s has a variable per host thread (%s), which the explored engine cannot keep apart",
                  output, name);
        remove(output);
    }
    free(image);
    return !found;
}

static int build(const struct cc_options *options, const char *output, const char *wdk)
{
    char directory[PATH_MAX];
    if (!cli_temporary_make("cc", "undis-cc", directory, sizeof(directory))) {
        return CLI_USAGE;
    }
    struct cc_list objects = {0};
    bool done = true;
    for (size_t i = 0; i < options->sources.count; i++) {
        done = build_source(options, i, wdk, directory, &objects) && done;
    }
    done = done && link_driver(options, output, &objects) && check_thread_variables(options, output);
    cc_list_free(&objects);
    cli_temporary_remove(directory);
    return done ? CLI_CLEAN : CLI_USAGE;
}

/* Checks what can be checked before a compiler runs; the name of the output when none was given. */
static int check_and_build(struct cc_options *options)
{
    char wdk[PATH_MAX];
    char real[PATH_MAX];
    char output[PATH_MAX];
    if (options->sources.count == 0) {
        return cli_error("cc: which source? (undis cc [-o DRIVER.so] SOURCE.c ...)");
    }
    if (options->free && options->instrument) {
        return cli_error("cc: --free and --instrument exclude each other: the free build hears of no access");
    }
    for (size_t i = 0; i < options->sources.count; i++) {
        const char *source = options->sources.items[i];
        const char *dot = strrchr(source, '.');
        if (access(source, R_OK) != 0) {
            return cli_error("cc: %s: %s", source, strerror(errno));
        }
        if (!cc_is_cplusplus(source) && (dot == NULL || strcasecmp(dot, ".c") != 0)) {
            return cli_error("cc: %s: not a .c, .cc, .cpp or .cxx file", source);
        }
        if (options->output != NULL && realpath(source, real) != NULL &&
            realpath(options->output, output) != NULL && strcmp(real, output) == 0) {
            return cli_error("cc: -o would overwrite the source %s", source);
        }
    }
    if (!cli_find_beside("include/wdk/ndis.h", "include/undis/wdk/ndis.h", wdk, sizeof(wdk)) ||
        realpath(wdk, real) == NULL) {
        return cli_error("cc: the headers (include/wdk/ndis.h) are not beside the undis program");
    }
    *strrchr(real, '/') = '\0';
    if (options->output != NULL) {
        return build(options, options->output, real);
    }
    const char *first = options->sources.items[0];
    const char *base = strrchr(first, '/') != NULL ? strrchr(first, '/') + 1 : first;
    snprintf(output, sizeof(output), "%.*s.so", (int)(strrchr(base, '.') - base), base);
    return build(options, output, real);
}

int cli_cc(int argc, char **argv)
{
    struct cc_options options = {0};
    int own = 1;
    while (own < argc && strcmp(argv[own], "--") != 0) {
        own++;
    }
    for (int i = own + 1; i < argc; i++) {
        cc_list_add(&options.flags, argv[i]);
    }
    int status = cli_parse(&argp, own, argv, &options) ? check_and_build(&options) : CLI_USAGE;
    cc_list_free(&options.sources);
    cc_list_free(&options.flags);
    cc_list_free(&options.forced);
    return status;
}
