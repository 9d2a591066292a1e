/*
 * walk.c - performs a family's sequences and compares (matrix.h).
 *
 *   matrix FAMILY [LENGTH]   all sequences up to LENGTH, the family's own when it is left out
 *
 * A finding that is made again at the same place only counts; so what an operation was found guilty of is the
 * difference of two counts, and millions of sequences fit into one process.
 */
#include "matrix.h"

#include "check.h"
#include "ke/event.h"
#include "report/finding.h"

#include <link.h>

#define LENGTH_MAXIMUM 12
#define COMPLAINTS 20

static const struct family *const families[] = {&family_spin, &family_dpc,   &family_queued, &family_ex,
                                                &family_rw,   &family_rwold, &family_event,  &family_timer};
static const KIRQL levels[] = {PASSIVE_LEVEL, APC_LEVEL, DISPATCH_LEVEL, 5};

#define MATRIX_NAME(name) #name,
static const char *const rule_names[] = {MATRIX_RULES(MATRIX_NAME)};

static const struct family *family;
static unsigned longest;
static unsigned sequence[LENGTH_MAXIMUM];
static uint64_t sequences, correct, complaints;
static uint64_t verdicts[MATRIX_RULE_COUNT + 1];

/* ---- what was found ---------------------------------------------------------------------------- */

struct counts {
    uint64_t of[MATRIX_RULE_COUNT + 1]; /* the last one: of rules that no oracle names */
};

static struct counts count_findings(void)
{
    static unsigned char numbers[FINDING_MAXIMUM]; /* rule of each finding, plus one */
    struct counts counts = {{0}};
    for (size_t i = 0; i < undis_finding_count(); i++) {
        const struct undis_finding *finding = undis_finding(i);
        if (numbers[i] == 0) {
            unsigned rule = 0;
            while (rule < MATRIX_RULE_COUNT && strcmp(rule_names[rule], finding->rule) != 0) {
                rule++;
            }
            numbers[i] = (unsigned char)(rule + 1);
        }
        counts.of[numbers[i] - 1] += 1 + finding->repeats;
    }
    return counts;
}

static struct counts known; /* up to now */

/* The rules that were violated since the last call; *twice: one of them more than once. */
static uint32_t new_findings(bool *twice)
{
    struct counts now = count_findings();
    uint32_t rules = 0;
    *twice = false;
    for (unsigned i = 0; i <= MATRIX_RULE_COUNT; i++) {
        uint64_t more = now.of[i] - known.of[i];
        rules |= more > 0 ? 1U << i : 0;
        *twice = *twice || more > 1;
    }
    known = now;
    return rules;
}

/* ---- complaints -------------------------------------------------------------------------------- */

static void put_rules(char *text, size_t size, uint32_t rules)
{
    size_t used = 0;
    text[0] = '\0';
    for (unsigned i = 0; i <= MATRIX_RULE_COUNT && used < size; i++) {
        if (rules >> i & 1) {
            const char *name = i < MATRIX_RULE_COUNT ? rule_names[i] : "(another rule)";
            used += (size_t)snprintf(text + used, size - used, "%s%s", used > 0 ? " " : "", name);
        }
    }
    if (rules == 0) {
        snprintf(text, size, "nothing");
    }
}

/* The library is not called from here to check.h's write, so this may run at any level. */
static void complain(KIRQL irql, unsigned length, const char *what, long long actual, long long expected)
{
    char text[400], operation[48];
    int used = snprintf(text, sizeof text, "from level %u:", irql);
    if (complaints++ >= COMPLAINTS) {
        return;
    }
    for (unsigned i = 0; i < length; i++) {
        family->describe(sequence[i], operation, sizeof operation);
        used += snprintf(text + used, sizeof text - (size_t)used, " %s", operation);
    }
    check_fail(__FILE__, __LINE__, "%s %s: %s is %lld, the oracle says %lld", family->name, text, what,
               actual, expected);
}

static void complain_rules(KIRQL irql, unsigned length, const char *when, uint32_t actual, uint32_t expected)
{
    char found[200], wanted[200], text[480];
    put_rules(found, sizeof found, actual);
    put_rules(wanted, sizeof wanted, expected);
    snprintf(text, sizeof text, "%s: found %s, expected %s;", when, found, wanted);
    complain(irql, length, text, actual, expected);
}

/* ---- one sequence ------------------------------------------------------------------------------ */

/* Performs it, up to its last operation everything is correct, and compares. */
static void perform(KIRQL irql, unsigned length, const struct oracle_state *after, struct verdict expected)
{
    KIRQL old;
    bool twice = false;
    int value = 0;
    struct callback_frame frame;
    family->fresh();
    KeRaiseIrql(irql, &old);
    callback_enter(&frame, CALLBACK_MINIPORT, "sequence", (const void *)(uintptr_t)family->perform);
    for (unsigned i = 0; i < length; i++) {
        value = family->perform(sequence[i]);
    }
    uint32_t rules = new_findings(&twice);
    if (rules != expected.rules || twice) {
        complain_rules(irql, length, twice ? "the last operation, twice" : "the last operation", rules,
                       expected.rules);
    } else if (KeGetCurrentIrql() != expected.irql) {
        complain(irql, length, "the level", KeGetCurrentIrql(), expected.irql);
    } else if (rules == 0 && value != expected.value) {
        complain(irql, length, "the value", value, expected.value);
    } else if (rules == 0 && family->agrees != NULL && !family->agrees(after)) {
        complain(irql, length, "the state of the objects, seen from outside, as in the oracle", 0, 1);
    }
    callback_leave(&frame);
    uint32_t at_return = new_findings(&twice), allowed = undis_is_checked() ? family->end(after) : 0;
    /* After a defect the return may add only what it would have found anyway. */
    if (twice || (expected.rules == 0 ? at_return != allowed : (at_return & ~allowed) != 0)) {
        complain_rules(irql, length, "at return", at_return, allowed);
    }
    if (KeGetCurrentIrql() != irql) {
        complain(irql, length, "the level after the callback", KeGetCurrentIrql(), irql);
    }
    KeLowerIrql(old);
    family->clean();
}

/* ---- all of them ------------------------------------------------------------------------------- */

static void walk(KIRQL irql, unsigned length, const struct oracle_state *state)
{
    for (unsigned operation = 0; operation < family->operations; operation++) {
        struct oracle_state next = *state;
        if (family->possible != NULL && !family->possible(state, operation)) {
            continue;
        }
        sequence[length] = operation;
        struct verdict verdict = family->judge(&next, operation);
        if (verdict.rules != 0 && !undis_is_checked()) {
            continue; /* nothing reports it, and nothing repairs it */
        }
        sequences++;
        correct += verdict.rules == 0;
        for (unsigned rule = 0; rule < MATRIX_RULE_COUNT; rule++) {
            verdicts[rule] += verdict.rules >> rule & 1;
        }
        perform(irql, length + 1, &next, verdict);
        if (verdict.rules == 0 && length + 1 < longest) {
            walk(irql, length + 1, &next);
        }
    }
}

/* The calls of this file are a driver's. */
static int see_image(struct dl_phdr_info *info, size_t size, void *argument)
{
    (void)size, (void)argument;
    for (int i = 0; i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *part = &info->dlpi_phdr[i];
        if (part->p_type == PT_LOAD && (part->p_flags & PF_X) != 0) {
            uintptr_t low = info->dlpi_addr + part->p_vaddr;
            event_send(EVENT_DRIVER_LOAD, (const void *)low, low + part->p_memsz, (uintptr_t) "matrix", 0, 0);
        }
    }
    return 1; /* the program itself comes first */
}

static void body(void *argument)
{
    (void)argument;
    dl_iterate_phdr(see_image, NULL);
    KeSetSystemAffinityThread(1);
    for (unsigned i = 0; i < sizeof levels / sizeof levels[0]; i++) {
        struct oracle_state state;
        memset(&state, 0, sizeof state);
        family->start(&state, levels[i]);
        state.irql = levels[i];
        walk(levels[i], 0, &state);
    }
}

void matrix_forget(const void *memory, size_t size)
{
    event_send(EVENT_OBJECT_DESTROY, memory, OBJECT_POOL, size, 0, 0);
}

static void print_counts(void)
{
    printf("%s: %llu sequences up to length %u, %llu correct", family->name, (unsigned long long)sequences,
           longest, (unsigned long long)correct);
    for (unsigned rule = 0; rule < MATRIX_RULE_COUNT; rule++) {
        if (verdicts[rule] != 0) {
            printf(", %s %llu", rule_names[rule], (unsigned long long)verdicts[rule]);
        }
    }
    printf("\n");
}

int main(int argc, char **argv)
{
    for (size_t i = 0; argc > 1 && i < sizeof families / sizeof families[0]; i++) {
        if (strcmp(families[i]->name, argv[1]) == 0) {
            family = families[i];
        }
    }
    if (family == NULL) {
        fprintf(stderr, "matrix FAMILY [LENGTH]\n");
        return 2;
    }
    longest = argc > 2 ? (unsigned)atoi(argv[2]) : family->length;
    longest = longest > LENGTH_MAXIMUM ? LENGTH_MAXIMUM : longest;
    /* The graph of lock order remembers all locks of a process; shapes.c has that rule. */
    rule_set("LockOrder", "off");
    struct undis_options options = {.processors = 2, .watchdog_seconds = 30};
    if (undis_run(&options, body, NULL) != UNDIS_ENDED) {
        check_fail(__FILE__, __LINE__, "the machine was stopped");
    }
    print_counts();
    if (complaints > COMPLAINTS) {
        fprintf(stderr, "%llu more\n", (unsigned long long)(complaints - COMPLAINTS));
    }
    return check_failures != 0;
}
