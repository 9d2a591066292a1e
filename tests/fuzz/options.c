/*
 * options.c - the command line of `undis run`: each line of the input is one word.
 */
#include "fuzz.h"

#include "cli/run_options.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MOST_WORDS 64

/* Words that name files elsewhere, or end the process as they should, are left out. */
static bool is_usable(const char *word)
{
    return strchr(word, '/') == NULL && strcmp(word, "--help") != 0 && strcmp(word, "-?") != 0;
}

static void check(const struct run_options *options)
{
    if (options->scenario.processors < 1 || options->scenario.processors > 64 ||
        options->scenario.frames == 0 || options->scenario.watchdog_seconds < 0 ||
        options->scenario.timeout_seconds < 0 || options->scenario.driver_count == 0 ||
        options->max_findings == 0) {
        fprintf(stderr, "an impossible value was accepted\n");
        abort();
    }
}

static void enter_empty_directory(void)
{
    char directory[4096];
    const char *temporary = getenv("TMPDIR");
    snprintf(directory, sizeof(directory), "%s/undis-fuzz-XXXXXX", temporary != NULL ? temporary : P_tmpdir);
    if (mkdtemp(directory) == NULL || chdir(directory) != 0 || freopen("/dev/null", "w", stderr) == NULL) {
        abort();
    }
    rmdir(directory);
}

void fuzz_one(const uint8_t *data, size_t size)
{
    static bool entered;
    if (!entered) {
        entered = true;
        enter_empty_directory();
    }
    char *text = malloc(size + 1);
    if (text == NULL) {
        return;
    }
    memcpy(text, data, size);
    text[size] = '\0';
    char *words[MOST_WORDS + 2] = {(char[]){"run"}};
    int count = 1;
    char *rest = NULL;
    for (char *word = strtok_r(text, "\n", &rest); word != NULL && count <= MOST_WORDS;
         word = strtok_r(NULL, "\n", &rest)) {
        if (is_usable(word)) {
            words[count++] = word;
        }
    }
    struct run_options options;
    if (run_options_parse(&options, count, words)) {
        check(&options);
    }
    run_options_free(&options);
    free(text);
}
