/*
 * ddi_irql.c - IrqlTooHigh, IrqlTooLow: a driver calls a function of the DDI at a level that its page does
 * not allow (share/ddi, ke/ddi.h).
 *
 * Levels that a rule of its own judges are left to that rule (share/ddi/irql-special.tsv), so that a defect
 * is reported once.  The other way round, a wait, a change of IRQL or a bug check that the function makes at
 * the wrong level is no finding of its own: ddi_irql_reported.
 */
#include "ke/ddi.h"
#include "verifier/verifier.h"

#include <string.h>

/*
 * The call that was the last to be reported on each processor.  A thread that was reported on one may go on
 * on another: it is known by its callback.
 */
static struct report {
    uintptr_t from; /* where the call returns to */
    KIRQL irql;
    bool takes; /* something that is to be given back */
    const struct callback_frame *frame;
} reports[KE_MAXIMUM_PROCESSORS];

/* The same call at another level is judged anew. */
static bool is_of(const struct report *report, const struct event *event)
{
    return report->from != 0 && report->irql == event->irql &&
           (report == &reports[event->processor->number] ||
            (report->frame != NULL && report->frame == event->processor->callback));
}

bool ddi_irql_reported(const struct event *event)
{
    struct stack_trace trace; /* not cleared: this is asked for at each acquisition */
    trace.depth = 0;
    for (unsigned i = 0; i < ke_processor_count; i++) {
        uintptr_t from = reports[i].from;
        if (!is_of(&reports[i], event)) {
            continue;
        }
        if (trace.depth == 0) {
            stack_trace_take(&trace, event);
        }
        if (trace.depth > 0 && (trace.pc[0] == from || trace.pc[0] == from - 1)) {
            return true;
        }
    }
    return false;
}

static bool contains(const char *name, const char *one, const char *other)
{
    return strstr(name, one) != NULL || strstr(name, other) != NULL;
}

/* To give back, at the same level, what such a call took is no second defect. */
static bool gives_back(const struct event *event, const char *name)
{
    bool gives = contains(name, "Release", "Leave");
    for (unsigned i = 0; i < ke_processor_count && gives; i++) {
        if (is_of(&reports[i], event) && reports[i].takes && reports[i].frame == event->processor->callback) {
            return true;
        }
    }
    return false;
}

static void note_reported(const struct event *event, const char *name)
{
    reports[event->processor->number] = (struct report){.from = (uintptr_t)event->object,
                                                        .irql = event->irql,
                                                        .takes = contains(name, "Acquire", "Enter"),
                                                        .frame = event->processor->callback};
}

static bool is_special(enum ddi ddi, KIRQL irql)
{
    for (const struct ddi_special *special = ddi_specials; special->ddi != DDI_COUNT; special++) {
        if (special->ddi == ddi && irql >= special->lowest && irql <= special->highest) {
            return true;
        }
    }
    return false;
}

static const struct ddi_condition *find_condition(enum ddi ddi, const char *name)
{
    for (const struct ddi_condition *condition = ddi_conditions; name != NULL && condition->ddi != DDI_COUNT;
         condition++) {
        if (condition->ddi == ddi && strcmp(condition->name, name) == 0) {
            return condition;
        }
    }
    return NULL;
}

static void set_bugcheck(struct finding *finding, const struct event *event, const struct ddi_row *row,
                         const struct ddi_condition *condition)
{
    uint32_t code = condition != NULL ? condition->bugcheck : row->bugcheck;
    uint32_t parameter = condition != NULL ? condition->parameter : row->parameter;
    if (code == 0xC4 && parameter == 0xE6) { /* of ZwXxx: the caller comes first */
        finding_bugcheck(finding, code, parameter, (uintptr_t)event->object, event->irql, 0);
    } else if (code == 0xC4 &&
               parameter >= 0x20000) { /* of the DDI compliance rules: a text, which we have */
        finding_bugcheck(finding, code, parameter, 0, 0, 0);
    } else {
        finding_bugcheck(finding, code, parameter, event->irql, 0, 0);
    }
}

/* The promise of NDIS_SEND_FLAGS_DISPATCH_LEVEL and its relatives was not true. */
static bool is_flag(const struct ddi_condition *condition)
{
    return condition != NULL && strcmp(condition->name, "dispatch_flag") == 0;
}

/* "PASSIVE_LEVEL only", "<= DISPATCH_LEVEL" ... */
static const char *bound_text(KIRQL lowest, KIRQL highest, bool too_high)
{
    return lowest == highest ? "only at" : too_high ? "up to" : "from";
}

static void report(struct event *event, const struct ddi_row *row, const struct ddi_condition *condition)
{
    KIRQL lowest = (KIRQL)event->value[1], highest = (KIRQL)event->value[2];
    bool too_high = event->irql > highest;
    struct finding *finding = finding_begin(
        too_high ? "IrqlTooHigh" : "IrqlTooLow", event,
        "%s%s%s%s is called at %s; its page allows it %s %s (%s)", row->name, condition != NULL ? " (" : "",
        condition != NULL ? condition->text : "", condition != NULL ? ")" : "", irql_name(event->irql),
        bound_text(lowest, highest, too_high), irql_name(too_high ? highest : lowest),
        row->page[0] != '\0' ? row->page : "docs/irql.md");
    if (finding != NULL) {
        set_bugcheck(finding, event, row, condition);
        finding->ddi_compliance = is_flag(condition) ? "Flags_Irql" : row->rules;
        held_evidence(finding, verifier_processor(event));
        finding_commit(finding);
    }
}

static void hear(struct event *event)
{
    enum ddi ddi = (enum ddi)event->value[0];
    const char *condition = (const char *)event->value[3];
    if (verifier_processor(event) == NULL || image_of((uintptr_t)event->object) == NULL) {
        return;
    }
    if (is_special(ddi, event->irql)) {
        reports[event->processor->number].from =
            0; /* what was said of an earlier call is not that rule's answer */
        return;
    }
    if (gives_back(event, ddi_rows[ddi].name) || frame_is_forgiven(event)) {
        return;
    }
    const char *rule = event->irql > (KIRQL)event->value[2] ? "IrqlTooHigh" : "IrqlTooLow";
    if (rule_is_looked_for(rule_find(rule))) {
        report(event, &ddi_rows[ddi], find_condition(ddi, condition));
        note_reported(event, ddi_rows[ddi].name);
    }
}

static struct event_listener listener = {
    .name = "IRQL of DDI calls",
    .kinds = 1ull << EVENT_DDI_IRQL,
    .hear = hear,
};

static __attribute__((constructor)) void listen(void)
{
    event_listen(&listener);
}
