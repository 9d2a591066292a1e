/*
 * main.c - the `undis` command: finds the verb.
 */
#include "cli/cli.h"

#include <undis/undis.h>

#include <stdio.h>
#include <string.h>

const struct cli_verb cli_verbs[] = {
    {"cc", "[-o DRIVER.so] SOURCE.c ... [-- FLAGS]", "build a driver", cli_cc},
    {"run", "DRIVER.so ... [OPTIONS]", "run drivers on the free-running engine and check them", cli_run},
#if UNDIS_CHECKED
    {"explore", "DRIVER.so ... [OPTIONS]", "run drivers through every order of events that matters",
     cli_explore},
    {"replay", "SCHEDULE [DRIVER.so ...]", "run one schedule again", cli_replay},
    {"merge", "DIR", "add up the results of explore --split", cli_merge},
#endif
    {"rules", "[RULE]", "list the rules, or explain one", cli_rules},
    {0},
};

static const struct cli_verb *verb_find(const char *name)
{
    for (const struct cli_verb *verb = cli_verbs; verb->name != NULL; verb++) {
        if (strcmp(verb->name, name) == 0) {
            return verb;
        }
    }
    return NULL;
}

static void usage(FILE *to)
{
    fputs("Usage: undis VERB ...\n\n", to);
    for (const struct cli_verb *verb = cli_verbs; verb->name != NULL; verb++) {
        fprintf(to, "  undis %-8s%-42s%s\n", verb->name, verb->arguments, verb->summary);
    }
    fputs("\n`undis VERB --help` shows the options of a verb.\n"
          "Exit status: 0 clean, 1 findings, 2 bad usage or input, 3 undis itself failed.\n",
          to);
}

static int help(int argc, char **argv)
{
    if (argc < 2) {
        usage(stdout);
        return CLI_CLEAN;
    }
    const struct cli_verb *verb = verb_find(argv[1]);
    if (verb == NULL) {
        return cli_error("there is no verb '%s' (see undis --help)", argv[1]);
    }
    char *arguments[] = {argv[1], (char[]){"--help"}, NULL};
    return verb->run(2, arguments);
}

int main(int argc, char **argv)
{
    if (argc < 2) {
        return cli_error("a verb is wanted: run, cc, rules ... (see undis --help)");
    }
    const char *name = argv[1];
    if (strcmp(name, "--version") == 0 || strcmp(name, "version") == 0) {
        printf("undis " UNDIS_VERSION " (%s build)\n", undis_is_checked() ? "checked" : "free");
        return CLI_CLEAN;
    }
    if (strcmp(name, "--help") == 0 || strcmp(name, "-?") == 0 || strcmp(name, "-h") == 0 ||
        strcmp(name, "help") == 0) {
        return help(argc - 1, argv + 1);
    }
    const struct cli_verb *verb = verb_find(name);
    if (verb == NULL) {
        return cli_error("there is no verb '%s' (see undis --help)", name);
    }
    return verb->run(argc - 1, argv + 1);
}
