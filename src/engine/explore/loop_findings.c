/*
 * loop_findings.c - what a search found: copied out of the machine, minimised, traced.
 */
#include "engine/explore/loop_findings.h"

#include "engine/explore/tracing.h"

#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>

#define MINIMISE_SECONDS 3.0
#define MOST_ATTEMPTS 3 /* to get a schedule that shows a finding again */

void loop_site(uintptr_t pc, char site[SCHEDULE_SITE])
{
    Dl_info info;
    site[0] = '\0';
    if (pc != 0 && dladdr((const void *)(pc - 1), &info) != 0 && info.dli_fname != NULL) {
        const char *slash = strrchr(info.dli_fname, '/');
        snprintf(site, SCHEDULE_SITE, "%.96s+0x%lx", slash != NULL ? slash + 1 : info.dli_fname,
                 (unsigned long)(pc - (uintptr_t)info.dli_fbase));
    }
}

bool loop_has_error(const struct loop_result *result)
{
    for (size_t i = 0; i < result->finding_count; i++) {
        const struct loop_finding *kept = &result->findings[i];
        if (kept->finding.public.severity == UNDIS_ERROR &&
            (kept->has_schedule || kept->attempts >= MOST_ATTEMPTS)) {
            return true;
        }
    }
    return false;
}

/* ---- the trace of the minimal schedule ------------------------------------------------------------- */

/* "thread 3 -> DPC of processor 0" for each switch. */
static bool note_switches(struct loop_finding *kept)
{
    const struct trail *trail = &kept->minimal.trail;
    kept->notes = calloc(trail->switch_count + 1, sizeof(*kept->notes));
    for (size_t i = 0; kept->notes != NULL && i < trail->switch_count; i++) {
        const struct search_switch *s = &trail->switches[i];
        bool known = s->actor < machine_actors() && s->to < machine_actors();
        if (asprintf(&kept->notes[i], "%s -> %s", known ? machine_actor_name(s->actor) : "?",
                     known ? machine_actor_name(s->to) : "?") < 0) {
            kept->notes[i] = NULL;
            return false;
        }
    }
    return kept->notes != NULL;
}

char *loop_shared_text(void)
{
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    if (out == NULL) {
        return NULL;
    }
    machine_shared_write(out);
    return fclose(out) == 0 ? text : NULL;
}

/* Runs the minimal schedule once more: its steps, and the finding as this schedule shows it. */
static bool trace(const struct loop_options *options, struct loop_finding *kept, const struct target *target)
{
    struct tracing tracing = {.trail = &kept->minimal.trail};
    struct replay replay =
        trail_replay(&kept->minimal.trail, options->step_limit, target, tracing_note, &tracing);
    kept->steps = tracing.steps;
    kept->step_count = tracing.count;
    const struct finding *shown = target_seen(target);
    if (replay.failed || tracing.failed || replay.grew || shown == NULL) {
        return false;
    }
    kept->finding = *shown;
    kept->minimal.last = replay;
    kept->shared = loop_shared_text();
    return kept->shared != NULL && note_switches(kept);
}

/* ---- keeping --------------------------------------------------------------------------------------- */

void loop_forget_schedule(struct loop_finding *kept)
{
    for (size_t i = 0; kept->notes != NULL && i < kept->minimal.trail.switch_count; i++) {
        free(kept->notes[i]);
    }
    free(kept->notes);
    free(kept->steps);
    free(kept->shared);
    minimal_free(&kept->minimal);
    kept->notes = NULL;
    kept->steps = NULL;
    kept->step_count = 0;
    kept->shared = NULL;
}

/* True when the machine learned of shared memory meanwhile. */
static bool make_schedule(const struct loop_options *options, struct loop_result *result,
                          struct loop_finding *kept, const struct trail *trail)
{
    const struct minimise_options how = {
        .step_limit = options->step_limit, .tso = options->tso, .seconds = MINIMISE_SECONDS};
    struct target target = target_of(&kept->finding);
    bool good = minimise(&how, trail, &target, &kept->minimal);
    kept->attempts++;
    result->failed = result->failed || !good;
    result->replays += kept->minimal.replays;
    bool grew = kept->minimal.grew;
    if (good && kept->minimal.reproduced && !grew) {
        result->replays++;
        kept->has_schedule = trace(options, kept, &target);
        grew = machine_grew();
    }
    kept->finding.public.message = kept->finding.message;
    kept->finding.public.repeats = 0;
    if (!kept->has_schedule) {
        loop_forget_schedule(kept);
    }
    return grew;
}

static struct loop_finding *find(struct loop_result *result, const struct finding *finding)
{
    struct target wanted = target_of(finding);
    for (size_t i = 0; i < result->finding_count; i++) {
        struct target known = target_of(&result->findings[i].finding);
        if (known.rule == wanted.rule && known.site == wanted.site) {
            return &result->findings[i];
        }
    }
    return NULL;
}

static struct loop_finding *keep(const struct loop_options *options, struct loop_result *result,
                                 const struct finding *finding, uint64_t number)
{
    if (result->finding_count >= options->max_findings) {
        result->not_kept++;
        return NULL;
    }
    struct loop_finding *larger =
        realloc(result->findings, (result->finding_count + 1) * sizeof(*result->findings));
    if (larger == NULL) {
        result->failed = true;
        return NULL;
    }
    /* The array may have moved, and the messages with it. */
    result->findings = larger;
    for (size_t i = 0; i < result->finding_count; i++) {
        larger[i].finding.public.message = larger[i].finding.message;
    }
    struct loop_finding *kept = &larger[result->finding_count++];
    *kept = (struct loop_finding){.finding = *finding, .found_at = number};
    kept->finding.public.message = kept->finding.message;
    struct target target = target_of(finding);
    loop_site(target.site, kept->site);
    return kept;
}

bool loop_collect(const struct loop_options *options, struct loop_result *result, const struct search *search,
                  uint64_t number, bool grew)
{
    size_t count = finding_count();
    unsigned long wanting[FINDING_MAXIMUM];
    size_t wanting_count = 0;
    /* All of them first: a replay puts the machine back. */
    for (size_t i = 0; i < count; i++) {
        const struct finding *finding = finding_at(i);
        struct loop_finding *kept = find(result, finding);
        if (kept == NULL) {
            kept = keep(options, result, finding, number);
        }
        if (kept != NULL) {
            kept->executions++;
            if (!kept->has_schedule && !grew && kept->attempts < MOST_ATTEMPTS) {
                wanting[wanting_count++] = (unsigned long)(kept - result->findings);
            }
        }
    }
    if (wanting_count == 0) {
        return false;
    }
    struct trail trail;
    if (!trail_take(&trail, search)) {
        result->failed = true;
        return false;
    }
    bool learned = false;
    for (size_t i = 0; i < wanting_count && !learned; i++) {
        learned = make_schedule(options, result, &result->findings[wanting[i]], &trail);
    }
    trail_free(&trail);
    return learned;
}

static bool has_deadlock(const struct loop_result *result)
{
    for (size_t i = 0; i < result->finding_count; i++) {
        if (strcmp(result->findings[i].finding.public.rule, "Deadlock") == 0) {
            return true;
        }
    }
    return false;
}

void loop_collect_late(const struct loop_options *options, struct loop_result *result)
{
    if (finding_late == NULL || has_deadlock(result)) {
        return;
    }
    size_t before = finding_count();
    finding_late();
    for (size_t i = before; i < finding_count(); i++) {
        struct loop_finding *kept = keep(options, result, finding_at(i), 0);
        if (kept != NULL) {
            kept->attempts = MOST_ATTEMPTS;
        }
    }
}
