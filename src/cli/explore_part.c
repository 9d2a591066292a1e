/*
 * explore_part.c - what one search came to, as data; its schedules, as files.
 */
#include "cli/explore.h"

#include "engine/explore/machine/machine.h"
#include "report/atomicity.h"
#include "report/report.h"
#include "report/symbolise.h"
#include "report/table.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define MOST_ROWS 2000 /* of a schedule in a report; the file has all of it */

static json_t *count(uint64_t value)
{
    return json_integer((json_int_t)value);
}

static json_t *text_or_null(const char *text)
{
    return text[0] != '\0' ? report_string(text) : json_null();
}

/* ---- schedules ------------------------------------------------------------------------------------- */

/* PREFIX.RULE.schedule, with a number when that finding is not the first one of its rule. */
static char *name_schedule(const struct loop_result *result, size_t index, const char *prefix)
{
    const char *rule = result->findings[index].finding.rule->name;
    unsigned before = 0;
    char *name;
    for (size_t i = 0; i < index; i++) {
        before += result->findings[i].finding.rule == result->findings[index].finding.rule;
    }
    int length = before == 0 ? asprintf(&name, "%s.%s.schedule", prefix, rule)
                             : asprintf(&name, "%s.%s-%u.schedule", prefix, rule, before + 1);
    return length < 0 ? NULL : name;
}

void explore_make_parent(const char *path)
{
    const char *slash = strrchr(path, '/');
    char *parent = slash != NULL && slash != path ? strndup(path, (size_t)(slash - path)) : NULL;
    if (parent != NULL) {
        mkdir(parent, 0700);
    }
    free(parent);
}

static bool save_schedule(const struct explore_machine *machine, const struct loop_finding *found,
                          const char *path)
{
    struct schedule schedule = {
        .setup = machine->setup,
        .switches = found->minimal.trail.switches,
        .switch_count = found->minimal.trail.switch_count,
        .notes = found->notes,
        .choices = found->minimal.trail.choices,
        .choice_count = found->minimal.trail.choice_count,
        .shared = found->shared,
        .class_hash = found->minimal.last.class_hash,
    };
    char error[1024];
    snprintf(schedule.rule, sizeof(schedule.rule), "%s", found->finding.rule->name);
    snprintf(schedule.site, sizeof(schedule.site), "%s", found->site);
    explore_make_parent(path);
    if (!schedule_write(&schedule, path, error, sizeof(error))) {
        cli_error("%s: cannot save a schedule: %s", machine->options->verb, error);
        return false;
    }
    return true;
}

char *explore_replay_command(const struct explore_options *options, const char *path)
{
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    if (out == NULL) {
        return NULL;
    }
    fputs("undis replay", out);
    cli_quote(out, path);
    for (unsigned i = 0; i < options->rules.count; i++) {
        fputs(" --rule", out);
        cli_quote(out, options->rules.given[i]);
    }
    fclose(out);
    return text;
}

/* ---- findings -------------------------------------------------------------------------------------- */

static json_t *minimal_object(const struct loop_finding *found)
{
    const struct minimal *minimal = &found->minimal;
    if (!found->has_schedule) {
        return json_null();
    }
    json_t *object = json_object();
    json_object_set_new(object, "preemptions", count(minimal->last.preemptions));
    json_object_set_new(object, "interrupts", count(minimal->last.interrupts));
    json_object_set_new(object, "switches", count(minimal->trail.switch_count));
    json_object_set_new(object, "choices", count(minimal->trail.choice_count));
    json_object_set_new(object, "steps", count(minimal->last.events));
    json_object_set_new(object, "replays", count(minimal->replays));
    json_object_set_new(object, "least", json_boolean(minimal->least));
    return object;
}

static json_t *finding_object(const struct explore_machine *machine, const struct loop_finding *found,
                              const char *path)
{
    char *replay = path != NULL ? explore_replay_command(machine->options, path) : NULL;
    json_t *object = report_finding(&found->finding, replay);
    free(replay);
    json_object_set_new(object, "scenario", report_string(machine->scenario.name));
    json_object_set_new(object, "site", text_or_null(found->site));
    json_object_set_new(object, "executions", count(found->executions));
    json_object_set_new(object, "found_at", count(found->found_at));
    json_object_set_new(object, "minimal", minimal_object(found));
    json_object_set_new(object, "schedule_file", path != NULL ? report_string(path) : json_null());
    size_t steps = found->step_count < MOST_ROWS ? found->step_count : MOST_ROWS;
    json_object_set_new(object, "schedule",
                        table_rows(found->steps + (found->step_count - steps), steps, machine_actor_name));
    json_t *atomicity = NULL;
    if (strcmp(json_string_value(json_object_get(object, "rule")), "AssertionFailed") == 0) {
        atomicity = atomicity_object(found->steps + (found->step_count - steps), steps, machine_actor_name);
    }
    json_object_set_new(object, "atomicity", atomicity != NULL ? atomicity : json_null());
    return object;
}

static json_t *findings_array(struct explore_machine *machine, struct loop_result *result, const char *first,
                              const char *prefix)
{
    json_t *findings = json_array();
    for (size_t i = 0; i < result->finding_count; i++) {
        struct loop_finding *found = &result->findings[i];
        char *name = found->has_schedule ? name_schedule(result, i, prefix) : NULL;
        const char *path = name != NULL && first != NULL ? first : name;
        if (path != NULL && !save_schedule(machine, found, path)) {
            path = NULL;
        } else if (path == first) {
            first = NULL;
        }
        json_array_append_new(findings, finding_object(machine, found, path));
        free(name);
    }
    return findings;
}

/* ---- all of it ------------------------------------------------------------------------------------- */

json_t *explore_part(struct explore_machine *machine, struct loop_result *result, const char *first,
                     const char *prefix)
{
    const struct search_counts *counts = &result->counts;
    json_t *search = json_object();
    json_object_set_new(search, "scenario", report_string(machine->scenario.name));
    json_object_set_new(search, "strategy", json_string(result->strategy));
    json_object_set_new(search, "executions", count(counts->executions));
    json_object_set_new(search, "redundant", count(counts->redundant));
    json_object_set_new(search, "deadlocks", count(counts->deadlocks));
    json_object_set_new(search, "stopped", count(counts->stopped));
    json_object_set_new(search, "cut", count(counts->cut));
    json_object_set_new(search, "steps", count(counts->steps));
    json_object_set_new(search, "depth", count(counts->depth));
    json_object_set_new(search, "sampled", count(result->sampled));
    json_object_set_new(search, "restarts", count(result->restarts));
    json_object_set_new(search, "replays", count(result->replays));
    json_object_set_new(search, "complete", json_boolean(result->complete));
    json_object_set_new(search, "bounds", text_or_null(result->bounds));
    json_object_set_new(search, "reason", text_or_null(result->reason));
    json_object_set_new(search, "progress",
                        result->fraction >= 0 ? json_real(result->fraction) : json_null());
    json_object_set_new(search, "seconds", json_real(result->seconds));
    json_object_set_new(search, "grew", json_boolean(result->grew));
    json_t *part = json_object();
    json_object_set_new(part, "search", search);
    json_object_set_new(part, "instrumented", json_boolean(machine_sees_accesses()));
    json_object_set_new(part, "findings", findings_array(machine, result, first, prefix));
    json_object_set_new(part, "findings_not_kept", count(result->not_kept));
    char *shared = loop_shared_text();
    json_object_set_new(part, "shared", shared != NULL ? json_string(shared) : json_null());
    free(shared);
    symbolise_end();
    return part;
}
