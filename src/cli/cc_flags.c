/*
 * cc_flags.c - what `undis cc` tells the compilers.  docs/cc.md says what the flags are good for.
 */
#include "cli/cc.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static const char *const dialect_flags[] = {
    "-fshort-wchar",
    "-fms-extensions",
    "-fno-strict-aliasing",
    "-fwrapv",
    "-fno-delete-null-pointer-checks",
    "-fno-omit-frame-pointer",
    "-fno-optimize-sibling-calls",
    "-fstack-protector-strong",
    "-fPIC",
    "-g",
    "-O2",
#if defined(__x86_64__)
    "-mcx16",
#endif
    "-Wno-multichar",
    "-Wno-unknown-pragmas",
    "-Wno-attributes",
    "-D_WIN64=1",
    "-D_WIN32=1",
    "-D_AMD64_=1",
    "-DAMD64=1",
    "-D_M_AMD64=100",
    "-D_M_X64=100",
    "-D_KERNEL_MODE=1",
    "-D_WIN32_WINNT=0x0A00",
    "-DWINVER=0x0A00",
    "-DWINNT=1",
    "-DNTDDI_VERSION=0x0A000000",
    "-DUNDIS_DRIVER=1",
};
static const char *const gcc_flags[] = {
    "-fno-aggressive-loop-optimizations", /* an array of one in an array of one may have more:
                                             CM_RESOURCE_LIST */
};
static const char *const clang_flags[] = {
    "-gdwarf-aranges", /* without them libdw finds no line */
    "-Wno-microsoft",
    "-Wno-ignored-attributes",
    "-Wno-unknown-attributes",
    "-Wno-pragma-pack",
    "-Wno-ignored-pragmas",
    "-Wno-unused-command-line-argument",
    "-Wno-unused-value",
    "-Wno-four-char-constants",
    "-Wno-builtin-macro-redefined",
    "-Wno-void-pointer-to-int-cast",
};
static const char *const cplusplus_flags[] = {"-fno-exceptions", "-fno-rtti", "-fno-threadsafe-statics"};

/* Without these switches some accesses would not be reported. */
static const char *const instrument_flags[] = {"-fsanitize=thread", "-fno-builtin", "-DUNDIS_INSTRUMENTED=1"};
static const char *const instrument_clang[] = {"-mllvm", "-tsan-instrument-read-before-write=1", "-mllvm",
                                               "-tsan-distinguish-volatile=1",
                                               "-mllvm"}; /* entry_flag follows */
static const char *const instrument_gcc[] = {
    "--param=tsan-distinguish-volatile=1",
    "-fno-tree-loop-distribute-patterns", /* it would make unreported memsets of loops */
    "-Wno-tsan",                          /* fences are carried out here, whatever gcc knows */
};

/* Functions are announced where it matters in which section they lie. */
static const char *entry_flag(const struct cc_options *options, bool clang)
{
    if (options->pageable) {
        return clang ? "-tsan-instrument-func-entry-exit=1" : "--param=tsan-instrument-func-entry-exit=1";
    }
    return clang ? "-tsan-instrument-func-entry-exit=0" : "--param=tsan-instrument-func-entry-exit=0";
}

/* Only what says inline may get into another section than its own. */
static const char *const pageable_clang[] = {"-finline-hint-functions"};
static const char *const pageable_gcc[] = {"-fno-inline-functions", "-fno-inline-small-functions",
                                           "-fno-inline-functions-called-once", "-fno-early-inlining",
                                           "-fno-ipa-icf"};

/* The library functions that rtl/tsan_library.c has reporting ones for. */
static const char *const library_functions[] = {
    "memcpy", "memmove", "memset", "memcmp",  "memchr", "strlen",  "strnlen", "strcmp",
    "strcpy", "strncpy", "strcat", "strncat", "strchr", "strrchr", "strncmp",
};

#define ADD_TABLE(list, table) add_table(list, table, sizeof(table) / sizeof((table)[0]))

static void add_table(struct cc_list *list, const char *const *table, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        cc_list_add(list, table[i]);
    }
}

/* CC may be "ccache gcc". */
void cc_add_compiler(struct cc_list *list, bool cplusplus)
{
    const char *command = getenv(cplusplus ? "CXX" : "CC");
    if (command == NULL || command[strspn(command, " \t")] == '\0') {
        command = cplusplus ? "c++" : "cc";
    }
    while (*(command += strspn(command, " \t")) != '\0') {
        size_t length = strcspn(command, " \t");
        cc_list_addf(list, "%.*s", (int)length, command);
        command += length;
    }
}

bool cc_is_cplusplus(const char *source)
{
    const char *dot = strrchr(source, '.');
    return dot != NULL && (strcasecmp(dot, ".cpp") == 0 || strcasecmp(dot, ".cc") == 0 ||
                           strcasecmp(dot, ".cxx") == 0 || strcmp(dot, ".C") == 0);
}

/* Asks the compiler which macros it predefines. */
static bool ask_for_clang(bool cplusplus)
{
    struct cc_list command = {0};
    char *line = NULL, macro[256];
    size_t size;
    FILE *words = open_memstream(&line, &size);
    bool clang = false;
    cc_add_compiler(&command, cplusplus);
    for (size_t i = 0; words != NULL && i < command.count; i++) {
        fprintf(words, "'%s' ", command.items[i]);
    }
    cc_list_free(&command);
    if (words == NULL || fputs("-dM -E - </dev/null 2>/dev/null", words) < 0 || fclose(words) != 0) {
        free(line);
        return false;
    }
    FILE *pipe = popen(line, "r");
    while (pipe != NULL && fgets(macro, sizeof(macro), pipe) != NULL) {
        clang = clang || strncmp(macro, "#define __clang__ ", 18) == 0;
    }
    if (pipe != NULL) {
        pclose(pipe);
    }
    free(line);
    return clang;
}

/* Asked once for each of CC and CXX. */
bool cc_is_clang(bool cplusplus)
{
    static signed char known[2] = {-1, -1};
    if (known[cplusplus] < 0) {
        known[cplusplus] = ask_for_clang(cplusplus);
    }
    return known[cplusplus] == 1;
}

/* A builtin that is asked for by name would be expanded although -fno-builtin is given. */
static void add_builtins(struct cc_list *list)
{
    for (size_t i = 0; i < sizeof(library_functions) / sizeof(library_functions[0]); i++) {
        cc_list_addf(list, "-D__builtin_%s=%s", library_functions[i], library_functions[i]);
    }
}

void cc_add_link_flags(struct cc_list *list, const struct cc_options *options)
{
    for (size_t i = 0; options->instrument && i < sizeof(library_functions) / sizeof(library_functions[0]);
         i++) {
        cc_list_addf(list, "-Wl,--wrap=%s", library_functions[i]);
    }
}

void cc_add_flags(struct cc_list *list, const struct cc_options *options, bool cplusplus)
{
    bool clang = cc_is_clang(cplusplus);
    cc_list_add(list, cplusplus ? "-std=gnu++17" : "-std=gnu17");
    ADD_TABLE(list, dialect_flags);
    if (clang) {
        ADD_TABLE(list, clang_flags);
    } else {
        ADD_TABLE(list, gcc_flags);
    }
    if (cplusplus) {
        ADD_TABLE(list, cplusplus_flags);
    }
    if (options->store_old_irql) {
        cc_list_add(list, "-DUNDIS_DPR_OLD_IRQL_STORE=1");
    }
    if (options->free) {
        cc_list_add(list, "-DUNDIS_FREE_BUILD=1");
    }
    if (options->instrument) {
        ADD_TABLE(list, instrument_flags);
        add_builtins(list);
        if (clang) {
            ADD_TABLE(list, instrument_clang);
        } else {
            ADD_TABLE(list, instrument_gcc);
        }
        cc_list_add(list, entry_flag(options, clang));
    }
    if (options->pageable && clang) {
        ADD_TABLE(list, pageable_clang);
    } else if (options->pageable) {
        ADD_TABLE(list, pageable_gcc);
    }
}

void cc_add_user_flags(struct cc_list *list, const struct cc_options *options, bool preprocessed)
{
    static const char *const with_argument[] = {"-D",       "-U",       "-I",      "-include",
                                                "-imacros", "-isystem", "-iquote", "-idirafter"};
    for (size_t i = 0; i < options->flags.count; i++) {
        const char *flag = options->flags.items[i];
        bool drop = false;
        for (size_t j = 0; preprocessed && j < sizeof(with_argument) / sizeof(with_argument[0]); j++) {
            if (strncmp(flag, with_argument[j], strlen(with_argument[j])) == 0) {
                drop = true;
                i += strcmp(flag, with_argument[j]) == 0;
                break;
            }
        }
        if (!drop) {
            cc_list_add(list, flag);
        }
    }
}
