/*
 * finding.c - the store of findings and the state of the rules.
 *
 * Slots are fixed; a guard covers reservation and the comparison with what is known, the maker fills its
 * slot alone, and committing publishes it.  Not guaranteed: that two defects with the same call site and
 * rule are told apart; the second only counts.
 */
#include "report/finding.h"

#include "ke/thread.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define RULES_MAXIMUM 128

enum setting { SETTING_DEFAULT, SETTING_OFF, SETTING_WARNING, SETTING_ERROR };

static struct ke_guard guard;
static struct finding slots[FINDING_MAXIMUM];
static uintptr_t sites[FINDING_MAXIMUM];
static unsigned repeats[FINDING_MAXIMUM];
static size_t reserved;
static unsigned short order[FINDING_MAXIMUM]; /* slots in the order of commitment */
static volatile size_t committed;
static size_t maximum = FINDING_MAXIMUM;
static size_t dropped;
static volatile unsigned char settings[RULES_MAXIMUM];
void (*finding_late)(void);

/* ---- rules ------------------------------------------------------------------------------------- */

const struct rule *rule_find(const char *name)
{
    for (size_t i = 0; i < rules_count; i++) {
        if (strcmp(rules[i].name, name) == 0) {
            return &rules[i];
        }
    }
    return NULL;
}

bool rule_set(const char *name, const char *level)
{
    static const char *const levels[] = {"default", "off", "warning", "error"};
    const struct rule *rule = rule_find(name);
    for (unsigned i = SETTING_OFF; rule != NULL && i <= SETTING_ERROR; i++) {
        if (strcmp(level, levels[i]) == 0) {
            settings[rule - rules] = (unsigned char)i;
            return true;
        }
    }
    return false;
}

static bool rule_is_off(const struct rule *rule)
{
    return rule->state == RULE_NOT_CHECKED || settings[rule - rules] == SETTING_OFF;
}

bool rule_is_looked_for(const struct rule *rule)
{
    return !rule_is_off(rule);
}

static enum undis_severity rule_severity(const struct rule *rule)
{
    switch (settings[rule - rules]) {
    case SETTING_WARNING:
        return UNDIS_WARNING;
    case SETTING_ERROR:
        return UNDIS_ERROR;
    default:
        return rule->severity;
    }
}

/* ---- making a finding -------------------------------------------------------------------------- */

/* Takes a slot for a defect that is not known yet; counts it otherwise. */
static struct finding *reserve(const struct rule *rule, uintptr_t site)
{
    struct finding *finding = NULL;
    KIRQL old = ke_guard_enter_quietly(&guard);
    for (size_t i = 0; i < reserved; i++) {
        if (slots[i].rule == rule && sites[i] == site) {
            repeats[i]++;
            ke_guard_leave(&guard, old);
            return NULL;
        }
    }
    if (reserved < maximum) {
        finding = &slots[reserved];
        finding->rule = rule;
        sites[reserved++] = site;
    } else {
        dropped++;
    }
    ke_guard_leave(&guard, old);
    return finding;
}

static void describe_context(struct finding *finding, const struct ke_processor *processor)
{
    const struct callback_frame *callback = processor->callback;
    const char *name = callback != NULL && callback->name != NULL ? callback->name : NULL;
    const char *what = processor->isr_depth > 0 ? "ISR" : processor->dpc_active ? "DPC" : NULL;
    if (processor == &ke_outside) {
        snprintf(finding->context, sizeof(finding->context), "outside the processors");
    } else if (what != NULL && (name == NULL || strcmp(name, what) == 0)) {
        snprintf(finding->context, sizeof(finding->context), "%s", what);
    } else if (what != NULL) {
        snprintf(finding->context, sizeof(finding->context), "%s %s", what, name);
    } else if (processor->current != NULL) {
        snprintf(finding->context, sizeof(finding->context), "thread %u%s%s",
                 (unsigned)processor->current->id, name != NULL ? ", " : "", name != NULL ? name : "");
    } else {
        snprintf(finding->context, sizeof(finding->context), "%s", name != NULL ? name : "idle");
    }
}

/* A driver's name is a file name and may hold anything. */
static void keep_on_one_line(char *text)
{
    for (; *text != '\0'; text++) {
        if ((unsigned char)*text < ' ' || *text == 0x7F) {
            *text = '?';
        }
    }
}

static uintptr_t site_of(const struct stack_trace *trace)
{
    return trace->depth > 0 ? trace->pc[0] : 0;
}

static struct finding *begin(const char *name, const struct event *event, uintptr_t site, const char *role,
                             const struct stack_trace *trace, const char *format, va_list arguments)
{
    const struct rule *rule = rule_find(name);
    if (rule == NULL || rule_is_off(rule)) {
        return NULL;
    }
    struct finding *finding = reserve(rule, site);
    if (finding == NULL) {
        return NULL;
    }
    const struct ke_processor *processor = event->processor != NULL ? event->processor : &ke_outside;
    finding->ddi_compliance = NULL;
    vsnprintf(finding->message, sizeof(finding->message), format, arguments);
    keep_on_one_line(finding->message);
    finding->public = (struct undis_finding){
        .rule = rule->name,
        .severity = rule_severity(rule),
        .message = finding->message,
        .irql = event->irql,
        .processor = processor == &ke_outside ? -1 : (int)processor->number,
    };
    describe_context(finding, processor);
    finding_add_stack(finding, role, finding->public.processor, trace);
    return finding;
}

struct finding *finding_begin(const char *rule, const struct event *event, const char *format, ...)
{
    struct stack_trace trace;
    stack_trace_take(&trace, event);
    va_list arguments;
    va_start(arguments, format);
    struct finding *finding = begin(rule, event, site_of(&trace), "victim", &trace, format, arguments);
    va_end(arguments);
    return finding;
}

struct finding *finding_begin_at(const char *rule, const struct event *event, const char *role,
                                 const struct stack_trace *trace, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    struct finding *finding = begin(rule, event, site_of(trace), role, trace, format, arguments);
    va_end(arguments);
    return finding;
}

struct finding *finding_begin_site(const char *rule, const struct event *event, uintptr_t site,
                                   const char *role, const struct stack_trace *trace, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    struct finding *finding = begin(rule, event, site, role, trace, format, arguments);
    va_end(arguments);
    return finding;
}

void finding_bugcheck(struct finding *finding, uint32_t code, uint64_t p1, uint64_t p2, uint64_t p3,
                      uint64_t p4)
{
    finding->public.bugcheck_code = code;
    finding->public.bugcheck_parameters[0] = p1;
    finding->public.bugcheck_parameters[1] = p2;
    finding->public.bugcheck_parameters[2] = p3;
    finding->public.bugcheck_parameters[3] = p4;
}

void finding_add_stack(struct finding *finding, const char *role, int processor,
                       const struct stack_trace *trace)
{
    if (finding->stack_count < FINDING_STACKS) {
        finding->stacks[finding->stack_count++] =
            (struct finding_stack){.role = role, .processor = processor, .trace = *trace};
    }
}

void finding_add_lock(struct finding *finding, const void *lock)
{
    if (finding->lock_count < FINDING_LOCKS) {
        finding->locks_held[finding->lock_count++] = lock;
    }
}

void finding_commit(struct finding *finding)
{
    KIRQL old = ke_guard_enter_quietly(&guard);
    order[committed] = (unsigned short)(finding - slots);
    __atomic_store_n(&committed, committed + 1, __ATOMIC_RELEASE);
    ke_guard_leave(&guard, old);
}

struct finding *finding_known(const char *rule, uintptr_t pc)
{
    for (size_t i = 0; i < finding_count(); i++) {
        struct finding *finding = &slots[order[i]];
        for (unsigned s = 0; s < finding->stack_count; s++) {
            if (strcmp(finding->rule->name, rule) == 0 && site_of(&finding->stacks[s].trace) == pc) {
                return finding;
            }
        }
    }
    return NULL;
}

void finding_raise(struct finding *finding)
{
    if (settings[finding->rule - rules] == SETTING_DEFAULT) {
        finding->public.severity = UNDIS_ERROR;
    }
}

bool finding_wait(uint64_t limit_ns)
{
    uint64_t start = host_now_ns();
    while (finding_count() < __atomic_load_n(&reserved, __ATOMIC_ACQUIRE)) {
        if (host_now_ns() - start > limit_ns) {
            return false;
        }
        host_relax();
    }
    return true;
}

/* ---- reading ----------------------------------------------------------------------------------- */

size_t finding_count(void)
{
    return __atomic_load_n(&committed, __ATOMIC_ACQUIRE);
}

const struct finding *finding_at(size_t index)
{
    if (index >= finding_count()) {
        return NULL;
    }
    struct finding *finding = &slots[order[index]];
    finding->public.repeats = repeats[order[index]];
    return finding;
}

size_t finding_errors(void)
{
    size_t errors = 0;
    for (size_t i = 0; i < finding_count(); i++) {
        errors += finding_at(i)->public.severity == UNDIS_ERROR;
    }
    return errors;
}

size_t finding_dropped(void)
{
    return dropped;
}

void finding_limit(size_t limit)
{
    maximum = limit < FINDING_MAXIMUM ? limit : FINDING_MAXIMUM;
}
