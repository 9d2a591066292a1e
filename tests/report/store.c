/*
 * store.c - the store of findings: what is kept, what only counts, severities, limits, many makers at once.
 *
 * The store cannot be emptied, so each test uses a rule or call sites of its own.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "report/finding.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>

static struct event nowhere(void)
{
    struct event event = {.kind = EVENT_LOCK_RELEASE, .irql = DISPATCH_LEVEL, .processor = &ke_outside};
    return event;
}

static struct finding *begin(const char *rule, uintptr_t site)
{
    struct event event = nowhere();
    struct stack_trace trace = {.depth = 2, .pc = {site, site + 1000}};
    return finding_begin_at(rule, &event, "victim", &trace, "site %d", (int)site);
}

static const struct finding *find(const char *rule, uintptr_t site)
{
    for (size_t i = 0; i < finding_count(); i++) {
        const struct finding *finding = finding_at(i);
        if (strcmp(finding->public.rule, rule) == 0 && finding->stacks[0].trace.pc[0] == site) {
            return finding;
        }
    }
    return NULL;
}

static void keeps_the_evidence(void **state)
{
    (void)state;
    struct finding *finding = begin("SpinLockNotOwned", 10);
    assert_non_null(finding);
    assert_null(find("SpinLockNotOwned", 10)); /* not before it is committed */
    int lock;
    struct stack_trace other = {.depth = 1, .pc = {77}};
    finding_bugcheck(finding, 0x10, 1, 2, 3, 4);
    finding_add_stack(finding, "owner acquired at", 3, &other);
    finding_add_lock(finding, &lock);
    finding_commit(finding);

    const struct finding *kept = find("SpinLockNotOwned", 10);
    assert_non_null(kept);
    assert_string_equal(kept->public.message, "site 10");
    assert_int_equal(kept->public.irql, DISPATCH_LEVEL);
    assert_int_equal(kept->public.processor, -1);
    assert_int_equal(kept->public.bugcheck_code, 0x10);
    assert_int_equal(kept->public.bugcheck_parameters[3], 4);
    assert_int_equal(kept->stack_count, 2);
    assert_string_equal(kept->stacks[1].role, "owner acquired at");
    assert_int_equal(kept->stacks[1].processor, 3);
    assert_int_equal(kept->stacks[1].trace.pc[0], 77);
    assert_int_equal(kept->lock_count, 1);
    assert_ptr_equal(kept->locks_held[0], &lock);
    assert_int_equal(kept->public.repeats, 0);
}

static void counts_the_same_defect(void **state)
{
    (void)state;
    finding_commit(begin("SpinLockFlavor", 20));
    assert_null(begin("SpinLockFlavor", 20));
    assert_null(begin("SpinLockFlavor", 20));
    assert_int_equal(find("SpinLockFlavor", 20)->public.repeats, 2);
    /* Another rule or another place is another defect. */
    struct finding *other_rule = begin("SpinLockRecursive", 20), *other_site = begin("SpinLockFlavor", 21);
    assert_non_null(other_rule);
    assert_non_null(other_site);
    finding_commit(other_site);
    finding_commit(other_rule);
    assert_int_equal(find("SpinLockFlavor", 21)->public.repeats, 0);
}

static void bounds_the_evidence(void **state)
{
    (void)state;
    struct finding *finding = begin("Deadlock", 30);
    struct stack_trace trace = {.depth = 1, .pc = {1}};
    for (int i = 0; i < 100; i++) {
        finding_add_stack(finding, "waiting", i, &trace);
        finding_add_lock(finding, finding);
    }
    finding_commit(finding);
    assert_int_equal(finding->stack_count, FINDING_STACKS);
    assert_int_equal(finding->lock_count, FINDING_LOCKS);
}

static void cuts_long_messages(void **state)
{
    (void)state;
    char text[1000];
    memset(text, 'x', sizeof(text) - 1);
    text[sizeof(text) - 1] = '\0';
    struct event event = nowhere();
    struct stack_trace trace = {.depth = 1, .pc = {40}};
    struct finding *finding = finding_begin_at("Watchdog", &event, "victim", &trace, "%s", text);
    finding_commit(finding);
    assert_int_equal(strlen(find("Watchdog", 40)->public.message), sizeof(finding->message) - 1);
}

static void keeps_messages_on_one_line(void **state)
{
    (void)state;
    struct event event = nowhere();
    struct stack_trace trace = {.depth = 1, .pc = {41}};
    finding_commit(finding_begin_at("Watchdog", &event, "victim", &trace, "two\nlines\tand\x7f"));
    assert_string_equal(find("Watchdog", 41)->public.message, "two?lines?and?");
}

static void obeys_the_severities(void **state)
{
    (void)state;
    assert_false(rule_set("NoSuchRule", "error"));
    assert_false(rule_set("PoolLeak", "loud"));
    assert_false(rule_set("PoolLeak", "default"));
    assert_true(rule_set("PoolLeak", "off"));
    assert_null(begin("PoolLeak", 50));
    size_t errors = finding_errors();
    assert_true(rule_set("PoolLeak", "warning"));
    finding_commit(begin("PoolLeak", 51));
    assert_int_equal(find("PoolLeak", 51)->public.severity, UNDIS_WARNING);
    assert_int_equal(finding_errors(), errors);
    assert_true(rule_set("PoolLeak", "error"));
    finding_commit(begin("PoolLeak", 52));
    assert_int_equal(finding_errors(), errors + 1);
}

static void knows_the_rules(void **state)
{
    (void)state;
    assert_null(begin("NoSuchRule", 60));
    const struct rule *unchecked = rule_find("AtomicityViolation");
    assert_non_null(unchecked);
    assert_int_equal(unchecked->state, RULE_NOT_CHECKED);
    assert_null(begin("AtomicityViolation", 61));
    assert_int_equal(rule_find("SpinLockHeldTooLong")->severity, UNDIS_WARNING);
    assert_string_equal(rule_find("SpinLockRecursive")->ddi_compliance, "SpinLock SpinLockDpr");
    assert_string_equal(rule_find("SpinLockReleaseOrder")->windows_code, "0xC4/0x1003");
    /* Each of the WDK's five locking rules is covered by some rule. */
    static const char *const tags[] = {"SpinLock", "SpinLockBalanced", "SpinLockDpr", "SpinLockDprRelease",
                                       "SpinLockRelease"};
    for (size_t t = 0; t < sizeof(tags) / sizeof(tags[0]); t++) {
        bool covered = false;
        for (size_t i = 0; i < rules_count; i++) {
            char list[128], wanted[64];
            snprintf(list, sizeof(list), " %s ", rules[i].ddi_compliance);
            snprintf(wanted, sizeof(wanted), " %s ", tags[t]);
            covered = covered || (rules[i].state == RULE_ON && strstr(list, wanted) != NULL);
        }
        assert_true(covered);
    }
}

#define MAKERS 8
#define SITES_EACH 8
#define ROUNDS 200

/* Every maker meets every site; each site must be kept once and every other meeting counted. */
static void *make_many(void *argument)
{
    (void)argument;
    for (int round = 0; round < ROUNDS; round++) {
        for (uintptr_t site = 0; site < SITES_EACH; site++) {
            struct finding *finding = begin("SpinLockBelowDispatch", 1000 + site);
            if (finding != NULL) {
                finding_bugcheck(finding, 0xC4, site, site, site, site);
                finding_commit(finding);
            }
        }
    }
    return NULL;
}

static void takes_many_makers(void **state)
{
    (void)state;
    pthread_t makers[MAKERS];
    size_t before = finding_count();
    for (int i = 0; i < MAKERS; i++) {
        assert_int_equal(pthread_create(&makers[i], NULL, make_many, NULL), 0);
    }
    for (int i = 0; i < MAKERS; i++) {
        pthread_join(makers[i], NULL);
    }
    assert_int_equal(finding_count(), before + SITES_EACH);
    for (uintptr_t site = 0; site < SITES_EACH; site++) {
        const struct finding *finding = find("SpinLockBelowDispatch", 1000 + site);
        assert_non_null(finding);
        assert_int_equal(finding->public.repeats, MAKERS * ROUNDS - 1);
        assert_int_equal(finding->public.bugcheck_parameters[2], site);
    }
}

/* Last: it fills the store. */
static void is_limited(void **state)
{
    (void)state;
    size_t room = 3;
    finding_limit(finding_count() + room);
    for (uintptr_t site = 0; site < 10; site++) {
        struct finding *finding = begin("MemoryFault", 5000 + site);
        assert_int_equal(finding != NULL, site < room);
        if (finding != NULL) {
            finding_commit(finding);
        }
    }
    assert_int_equal(finding_dropped(), 10 - room);
    finding_limit(1000000); /* never more than there are slots */
    for (uintptr_t site = 0; site < 2 * FINDING_MAXIMUM; site++) {
        struct finding *finding = begin("IrqlRaiseLower", 9000 + site);
        if (finding != NULL) {
            finding_commit(finding);
        }
    }
    assert_int_equal(finding_count(), FINDING_MAXIMUM);
    assert_null(finding_at(FINDING_MAXIMUM));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keeps_the_evidence),
        cmocka_unit_test(counts_the_same_defect),
        cmocka_unit_test(bounds_the_evidence),
        cmocka_unit_test(cuts_long_messages),
        cmocka_unit_test(keeps_messages_on_one_line),
        cmocka_unit_test(obeys_the_severities),
        cmocka_unit_test(knows_the_rules),
        cmocka_unit_test(takes_many_makers),
        cmocka_unit_test(is_limited),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
