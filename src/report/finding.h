/*
 * finding.h - one violated rule with its evidence (design contract 5).
 *
 * The store holds a fixed number of findings and allocates nothing, so that a finding can be made at any
 * IRQL and in a fault handler.  The same defect (rule and victim's call site) seen again only counts.
 */
#ifndef UNDIS_REPORT_FINDING_H
#define UNDIS_REPORT_FINDING_H

#include "ke/event.h"

#include <undis/undis.h>

#define FINDING_FRAMES 24
#define FINDING_STACKS 6
#define FINDING_LOCKS 8
#define FINDING_MAXIMUM 256

struct stack_trace {
    unsigned depth;
    uintptr_t pc[FINDING_FRAMES]; /* innermost first; frames of undis itself are left out */
};

/* Walks the stack from here (or from event->registers) to the innermost callback's root. Signal-safe,
 * allocates nothing. */
void stack_trace_take(struct stack_trace *trace, const struct event *event);
/* Copies what there is of it. */
static inline void stack_trace_copy(struct stack_trace *to, const struct stack_trace *from)
{
    to->depth = from->depth;
    for (unsigned i = 0; i < from->depth; i++) {
        to->pc[i] = from->pc[i];
    }
}
/* The stack of code that stopped at `registers`, up to the frame `root`. */
void stack_trace_of(struct stack_trace *trace, const struct host_registers *registers, const void *root);
/* Is address on the stack that is running now? */
bool stack_holds(const void *address);

struct finding_stack {
    const char *role; /* "victim", "owner acquired at", "allocated at", "waiting" ... a static string */
    int processor;
    struct stack_trace trace;
};

struct finding {
    struct undis_finding public;
    const struct rule *rule;
    const char
        *ddi_compliance; /* the WDK's rules for just this, separated by blanks; NULL: all of the rule */
    char message[256];
    char context[64]; /* "thread 3", "DPC", "ISR" ... */
    unsigned stack_count;
    struct finding_stack stacks[FINDING_STACKS];
    unsigned lock_count;
    const void *locks_held[FINDING_LOCKS];
};

/*
 * Starts a finding of that rule, with message (printf), IRQL, processor and the victim's stack filled in from
 * the event. Returns NULL when the rule is off, the store is full or the same defect is known already: then
 * nothing more is to be done.  The caller adds evidence and ends with finding_commit.
 */
struct finding *finding_begin(const char *rule, const struct event *event, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* The same, with `trace` as the victim's stack (and its first frame as the call site) under another role. */
struct finding *finding_begin_at(const char *rule, const struct event *event, const char *role,
                                 const struct stack_trace *trace, const char *format, ...)
    __attribute__((format(printf, 5, 6)));
/* The same, with `site` in the place of the call site: what tells this defect from others of its rule. */
struct finding *finding_begin_site(const char *rule, const struct event *event, uintptr_t site,
                                   const char *role, const struct stack_trace *trace, const char *format, ...)
    __attribute__((format(printf, 6, 7)));
void finding_bugcheck(struct finding *finding, uint32_t code, uint64_t p1, uint64_t p2, uint64_t p3,
                      uint64_t p4);
void finding_add_stack(struct finding *finding, const char *role, int processor,
                       const struct stack_trace *trace);
void finding_add_lock(struct finding *finding, const void *lock);
void finding_commit(struct finding *finding);

/*
 * Waits until every finding that was begun is committed: when one processor stops the machine another may be
 * in the middle of its evidence.  On the main host thread.  False when that takes longer than limit_ns.
 */
#define EVIDENCE_LIMIT_NS 200000000u
bool finding_wait(uint64_t limit_ns);

/* --max-findings: what comes after the first `count` is not kept.  Before the run; at most FINDING_MAXIMUM.
 */
void finding_limit(size_t count);

/* The committed finding of that rule that has a stack which begins at `pc`, or NULL: evidence may be added.
 */
struct finding *finding_known(const char *rule, uintptr_t pc);
/* It was a warning and is an error, unless --rule says otherwise. */
void finding_raise(struct finding *finding);

size_t finding_count(void);
const struct finding *finding_at(size_t index);
size_t finding_errors(void);  /* findings of severity error */
size_t finding_dropped(void); /* different findings that found no room */
/* The store takes no more than that many (at most FINDING_MAXIMUM). */
void finding_limit(size_t maximum);

/* Makes the findings that only show when everything is over: called when the explored engine's search has
 * ended. May be NULL. */
extern void (*finding_late)(void);

/* ---- rules ------------------------------------------------------------------------------------- */

enum rule_state { RULE_ON, RULE_NOT_CHECKED };

struct rule {
    const char *name;
    const char *fires_when;
    const char *windows_code;
    const char *ddi_compliance; /* the WDK's rule names that it covers, separated by blanks, or "" */
    enum rule_state state;      /* RULE_NOT_CHECKED: known, but this version does not look for it */
    enum undis_severity severity;
};

extern const struct rule rules[]; /* generated from src/verifier/rules.tsv at build time */
extern const size_t rules_count;
const struct rule *rule_find(const char *name);
/* False: it is off, or this version does not look for it. */
bool rule_is_looked_for(const struct rule *rule);
/* --rule NAME=error|warning|off. False when there is no such rule or level. */
bool rule_set(const char *name, const char *level);

#endif
