/*
 * output.c - the reports: that each field arrives, that frames are named, that odd text does no harm.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "report/finding.h"
#include "report/number.h"
#include "report/report.h"
#include "report/symbolise.h"

#include <jansson.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct run_report run = {
    .engine = "free-running",
    .scenario = "life",
    .processors = 4,
    .seed = 7,
    .executions = 1,
    .checked = true,
    .frames_sent = 100000,
    .frames_received = 123456,
    .frames_dropped = 1,
    .seconds = 12.5,
    .traffic_seconds = 10,
    .replay = "undis run a.so --seed 7",
};

static uintptr_t here; /* a return address into named_function */

static __attribute__((noinline)) void note_caller(void)
{
    here = (uintptr_t)__builtin_return_address(0);
}

static __attribute__((noinline)) void named_function(void)
{
    note_caller();
    __asm__ volatile("");
}

static void make_findings(void)
{
    named_function();
    struct event event = {.kind = EVENT_LOCK_RELEASE, .irql = DISPATCH_LEVEL, .processor = &ke_processors[2]};
    ke_processors[2].number = 2;
    struct stack_trace trace = {.depth = 1, .pc = {here}};
    struct finding *finding =
        finding_begin_at("SpinLockRecursive", &event, "victim", &trace, "it waits for itself");
    finding_bugcheck(finding, 0xF, 0x1122334455667788, 2, 3, 0xFFFFFFFFFFFFFFFF);
    finding_add_stack(finding, "owner acquired at", 2, &trace);
    finding_add_lock(finding, (const void *)0x1000);
    finding_commit(finding);

    trace.pc[0] = 5; /* in no image */
    finding = finding_begin_at("DriverBugCheck", &event, "victim", &trace, "bytes \xff\xfe and \"quotes\"");
    finding_bugcheck(finding, 0xDEAD0001, 0, 0, 0, 0);
    finding_commit(finding);
}

static __attribute__((noinline)) char *write_with(bool (*write)(FILE *, const struct run_report *),
                                                  const struct run_report *report)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    assert_true(write(out, report));
    fclose(out);
    return text;
}

static const char *text_of(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));
    assert_non_null(text);
    return text;
}

static void check_run(const json_t *object)
{
    const json_t *frames = json_object_get(object, "frames");
    assert_string_equal(text_of(object, "verdict"), "findings");
    assert_string_equal(text_of(object, "engine"), "free-running");
    assert_int_equal(json_integer_value(json_object_get(object, "processors")), 4);
    assert_int_equal(json_integer_value(json_object_get(object, "seed")), 7);
    assert_int_equal(json_integer_value(json_object_get(object, "executions")), 1);
    assert_true(json_is_false(json_object_get(object, "complete")));
    assert_int_equal(json_integer_value(json_object_get(frames, "sent")), 100000);
    assert_int_equal(json_integer_value(json_object_get(frames, "received")), 123456);
    assert_int_equal(json_integer_value(json_object_get(frames, "dropped")), 1);
    assert_true(json_real_value(json_object_get(object, "seconds")) == 12.5);
    assert_int_equal(json_array_size(json_object_get(object, "findings")), 2);
}

static void check_finding(const json_t *finding)
{
    const json_t *bugcheck = json_object_get(finding, "bugcheck");
    const json_t *stacks = json_object_get(finding, "stacks");
    const json_t *tags = json_object_get(finding, "ddi_compliance");
    assert_string_equal(text_of(finding, "rule"), "SpinLockRecursive");
    assert_string_equal(text_of(finding, "severity"), "error");
    assert_string_equal(text_of(finding, "message"), "it waits for itself");
    assert_string_equal(text_of(finding, "replay"), run.replay);
    assert_int_equal(json_integer_value(json_object_get(finding, "irql")), DISPATCH_LEVEL);
    assert_int_equal(json_integer_value(json_object_get(finding, "processor")), 2);
    assert_int_equal(json_array_size(tags), 2);
    assert_string_equal(json_string_value(json_array_get(tags, 1)), "SpinLockDpr");
    assert_int_equal(json_integer_value(json_object_get(bugcheck, "code")), 0xF);
    assert_string_equal(text_of(bugcheck, "name"), "SPIN_LOCK_ALREADY_OWNED");
    assert_int_equal(json_array_size(json_object_get(bugcheck, "parameters")), 4);
    assert_int_equal(json_array_size(stacks), 2);
    assert_string_equal(text_of(json_array_get(stacks, 1), "role"), "owner acquired at");
    const json_t *frame = json_array_get(json_object_get(json_array_get(stacks, 0), "frames"), 0);
    assert_string_equal(text_of(frame, "function"), "named_function");
    assert_non_null(strstr(text_of(frame, "file"), "output.c"));
    assert_true(json_integer_value(json_object_get(frame, "line")) > 40);
    assert_string_equal(json_string_value(json_array_get(json_object_get(finding, "locks_held"), 0)),
                        "0x1000");
}

static void json_has_every_field(void **state)
{
    (void)state;
    json_error_t error;
    char *text = write_with(report_json, &run);
    json_t *object = json_loads(text, 0, &error);
    assert_non_null(object);
    check_run(object);
    check_finding(json_array_get(json_object_get(object, "findings"), 0));
    /* Bytes that are no UTF-8, a code without a name, a frame without an image. */
    const json_t *odd = json_array_get(json_object_get(object, "findings"), 1);
    assert_non_null(strstr(text_of(odd, "message"), "\"quotes\""));
    assert_string_equal(text_of(json_object_get(odd, "bugcheck"), "name"), "");
    const json_t *stack = json_array_get(json_object_get(odd, "stacks"), 0);
    assert_true(
        json_is_null(json_object_get(json_array_get(json_object_get(stack, "frames"), 0), "function")));
    json_decref(object);
    free(text);
}

static void text_has_the_fixed_lines(void **state)
{
    (void)state;
    char *text = write_with(report_text, &run);
    assert_int_equal(strncmp(text, "finding: SpinLockRecursive error: it waits for itself\n", 54), 0);
    assert_non_null(strstr(text, "\nfinding: DriverBugCheck error: "));
    assert_non_null(strstr(text, "DISPATCH_LEVEL on processor 2"));
    assert_non_null(strstr(text, "bug check 0xF SPIN_LOCK_ALREADY_OWNED (0x1122334455667788, 0x2, 0x3,"));
    assert_non_null(strstr(text, "WDK rules: SpinLock, SpinLockDpr\n"));
    assert_non_null(strstr(text, "named_function"));
    assert_non_null(strstr(text, "100,000 sent, 123,456 received, 1 dropped"));
    char *last = strrchr(text, '\n');
    *last = '\0';
    last = strrchr(text, '\n') + 1;
    assert_string_equal(last, "verdict: findings 2 errors, 0 warnings");
    free(text);
}

static void a_full_disk_is_noticed(void **state)
{
    (void)state;
    FILE *full = fopen("/dev/full", "w");
    assert_non_null(full);
    assert_false(report_text(full, &run));
    fclose(full);
    full = fopen("/dev/full", "w");
    assert_false(report_json(full, &run));
    fclose(full);
}

static void numbers_are_readable(void **state)
{
    (void)state;
    char text[32];
    assert_string_equal(number_grouped(0, text), "0");
    assert_string_equal(number_grouped(999, text), "999");
    assert_string_equal(number_grouped(1000, text), "1,000");
    assert_string_equal(number_grouped(UINT64_MAX, text), "18,446,744,073,709,551,615");
    assert_string_equal(number_duration(999, text), "999 ns");
    assert_string_equal(number_duration(4200, text), "4.2 us");
    assert_string_equal(number_duration(13000000, text), "13 ms");
    assert_string_equal(number_duration(2100000000, text), "2.1 s");
    assert_string_equal(number_irql(5, text), "DIRQL 5");
    assert_string_equal(number_irql(2, text), "DISPATCH_LEVEL");
}

static void verdicts_follow_the_findings(void **state)
{
    (void)state;
    struct run_report stopped = run;
    stopped.inconclusive = "nothing was done";
    assert_int_equal(report_verdict(&stopped), VERDICT_FINDINGS); /* errors weigh more */
    assert_string_equal(verdict_name(VERDICT_INCONCLUSIVE), "inconclusive");
}

/* Before any finding is made. */
static void nothing_found_is_clean(void **state)
{
    (void)state;
    struct run_report quiet = run;
    assert_int_equal(report_verdict(&quiet), VERDICT_CLEAN);
    quiet.inconclusive = "nothing was done";
    assert_int_equal(report_verdict(&quiet), VERDICT_INCONCLUSIVE);
    char *text = write_with(report_text, &quiet);
    assert_non_null(strstr(text, "\nverdict: inconclusive 0 errors, 0 warnings; nothing was done\n"));
    free(text);
    make_findings();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_found_is_clean),   cmocka_unit_test(json_has_every_field),
        cmocka_unit_test(text_has_the_fixed_lines), cmocka_unit_test(a_full_disk_is_noticed),
        cmocka_unit_test(numbers_are_readable),     cmocka_unit_test(verdicts_follow_the_findings),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
