/*
 * rules.c - `undis rules`: what is checked, and what one rule means.
 */
#include "cli/cli.h"

#include "report/finding.h"

#include <stdio.h>

static const struct argp_option option_table[] = {CLI_OPTION_HELP, {0}};

static error_t parse(int key, char *value, struct argp_state *state)
{
    const char **name = state->input;
    if (key != ARGP_KEY_ARG) {
        return ARGP_ERR_UNKNOWN;
    }
    if (*name != NULL) {
        cli_error("rules: one rule at a time, please");
        return EINVAL;
    }
    *name = value;
    return 0;
}

static const struct argp parser = {option_table, parse, "[RULE]", "Lists the rules, or explains one.",
                                   NULL,         NULL,  NULL};

static const char *level_name(const struct rule *rule)
{
    return rule->state == RULE_NOT_CHECKED ? "-" : rule->severity == UNDIS_ERROR ? "error" : "warning";
}

static void list(void)
{
    size_t unchecked = 0;
    printf("%-33s %-7s %-31s %-44s %s\n", "RULE", "LEVEL", "WINDOWS", "PAGE", "FIRES WHEN");
    for (size_t i = 0; i < rules_count; i++) {
        char page[128] = "-";
        if (rules[i].state == RULE_ON) {
            snprintf(page, sizeof(page), "docs/rules/%s.md", rules[i].name);
        }
        printf("%-33s %-7s %-31s %-44s %s\n", rules[i].name, level_name(&rules[i]), rules[i].windows_code,
               page, rules[i].fires_when);
        unchecked += rules[i].state == RULE_NOT_CHECKED;
    }
    if (unchecked != 0) {
        printf("\n%zu of %zu rules are named but not checked by this version (level -).\n", unchecked,
               rules_count);
    }
}

/* The rule's page, when the documentation is installed. */
static void print_page(const char *name)
{
    char beside[128], relative[128], path[4096];
    snprintf(beside, sizeof(beside), "docs/rules/%s.md", name);
    snprintf(relative, sizeof(relative), "share/doc/undis/rules/%s.md", name);
    FILE *page = cli_find_beside(beside, relative, path, sizeof(path)) ? fopen(path, "r") : NULL;
    if (page == NULL) {
        return;
    }
    putchar('\n');
    char block[4096];
    size_t length;
    while ((length = fread(block, 1, sizeof(block), page)) > 0) {
        fwrite(block, 1, length, stdout);
    }
    fclose(page);
}

static int explain(const char *name)
{
    const struct rule *rule = rule_find(name);
    if (rule == NULL) {
        return cli_error("rules: there is no rule '%s' (see undis rules)", name);
    }
    printf("%s\n", rule->name);
    printf("  fires when      %s\n", rule->fires_when);
    printf("  level           %s\n",
           rule->state == RULE_NOT_CHECKED ? "not checked by this version" : level_name(rule));
    printf("  Windows shows   %s\n", rule->windows_code);
    if (rule->ddi_compliance[0] != '\0') {
        printf("  WDK rules       %s\n", rule->ddi_compliance);
    }
    print_page(rule->name);
    return CLI_CLEAN;
}

int cli_rules(int argc, char **argv)
{
    const char *name = NULL;
    if (!cli_parse(&parser, argc, argv, &name)) {
        return CLI_USAGE;
    }
    if (name != NULL) {
        return explain(name);
    }
    list();
    return CLI_CLEAN;
}
