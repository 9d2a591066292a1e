/*
 * check.h - the frame of tests that run on simulated processors.
 *
 * A file has a table of cases, closed by TEST_MAIN; each case is a ctest entry and a process of its own.
 * A case's body runs in undis_run; cmocka's assertions cannot be used there (they jump off the stack of
 * a kernel thread), so CHECK only records, at any IRQL, and the process fails at its end.
 *
 * When the body is over, the findings of the checked build are compared with those that the case names:
 * all of them, each exactly once, and no other.
 */
#ifndef UNDIS_TESTS_CHECK_H
#define UNDIS_TESTS_CHECK_H

#include <undis/undis.h>

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

struct test_case {
    const char *name;
    void (*body)(void *argument);
    const char *findings; /* rules that the checked build reports, separated by blanks; "" for none */
    unsigned processors;
    const char *build;
};

/* name, body, findings, processors, BOTH | FREE | CHECKED: read by CMakeLists.txt, so on one line. */
#define CASE(name, body, findings, processors, build)                                                        \
    {                                                                                                        \
        name, body, findings, processors, #build                                                             \
    }

static volatile int check_failures;
/* Far beyond what a busy host takes: they are for what hangs. */
#define CHECK_SECONDS 60
static struct undis_options check_options = {.watchdog_seconds = 2 * CHECK_SECONDS,
                                             .timeout_seconds = 4 * CHECK_SECONDS};
static enum undis_end check_expected_end = UNDIS_ENDED;

/* Says where and what, with one write, so that it may be called at any IRQL. */
__attribute__((format(printf, 3, 4), unused)) static void check_fail(const char *file, int line,
                                                                     const char *format, ...)
{
    char text[512];
    int length = snprintf(text, sizeof text, "%s:%d: ", file, line);
    va_list arguments;
    va_start(arguments, format);
    length += vsnprintf(text + length, sizeof text - (size_t)length - 1, format, arguments);
    va_end(arguments);
    if ((size_t)length > sizeof text - 2) {
        length = sizeof text - 2;
    }
    text[length++] = '\n';
    __atomic_add_fetch(&check_failures, 1, __ATOMIC_SEQ_CST);
    if (write(STDERR_FILENO, text, (size_t)length) < 0) {
        _exit(1);
    }
}

#define CHECK(condition)                                                                                     \
    do {                                                                                                     \
        if (!(condition)) {                                                                                  \
            check_fail(__FILE__, __LINE__, "not true: %s", #condition);                                      \
        }                                                                                                    \
    } while (0)

#define CHECK_EQ(actual, expected)                                                                           \
    do {                                                                                                     \
        long long check_a = (long long)(actual), check_b = (long long)(expected);                            \
        if (check_a != check_b) {                                                                            \
            check_fail(__FILE__, __LINE__, "%s is %lld (%#llx), expected %s = %lld", #actual, check_a,       \
                       (unsigned long long)check_a, #expected, check_b);                                     \
        }                                                                                                    \
    } while (0)

#define CHECK_PTR(actual, expected)                                                                          \
    do {                                                                                                     \
        const volatile void *check_a = (actual), *check_b = (expected);                                      \
        if (check_a != check_b) {                                                                            \
            check_fail(__FILE__, __LINE__, "%s is %p, expected %s = %p", #actual, (const void *)check_a,     \
                       #expected, (const void *)check_b);                                                    \
        }                                                                                                    \
    } while (0)

/* Waits at the present IRQL, by looking, for at most CHECK_SECONDS. */
#define CHECK_SOON(condition)                                                                                \
    do {                                                                                                     \
        ULONGLONG check_until = KeQueryInterruptTime() + CHECK_SECONDS * 10000000ull;                        \
        while (!(condition) && KeQueryInterruptTime() < check_until) {                                       \
            YieldProcessor();                                                                                \
        }                                                                                                    \
        if (!(condition)) {                                                                                  \
            check_fail(__FILE__, __LINE__, "did not come true in time: %s", #condition);                     \
        }                                                                                                    \
    } while (0)

/* Is `rule` among the blank-separated `rules`, and has it been counted off in `seen` yet? */
static bool check_rule_expected(const char *rules, const char *rule, unsigned *seen)
{
    unsigned index = 0;
    size_t length = strlen(rule);
    for (const char *word = rules; *word != '\0'; index++) {
        size_t span = strcspn(word, " ");
        if (span == length && strncmp(word, rule, span) == 0 && (*seen >> index & 1) == 0) {
            *seen |= 1U << index;
            return true;
        }
        word += span;
        word += strspn(word, " ");
    }
    return false;
}

static void check_findings(const char *rules)
{
    unsigned expected = 0, seen = 0;
    for (const char *word = rules; *word != '\0'; expected++) {
        word += strcspn(word, " ");
        word += strspn(word, " ");
    }
    if (!undis_is_checked()) {
        if (undis_finding_count() != 0) {
            check_fail(__FILE__, __LINE__, "the free build made findings");
        }
        return;
    }
    for (size_t i = 0; i < undis_finding_count(); i++) {
        const struct undis_finding *finding = undis_finding(i);
        if (!check_rule_expected(rules, finding->rule, &seen)) {
            check_fail(__FILE__, __LINE__, "unexpected finding %s: %s", finding->rule, finding->message);
        }
    }
    if (seen != (1U << expected) - 1) {
        check_fail(__FILE__, __LINE__, "of the findings \"%s\" not all were made (mask %#x)", rules, seen);
    }
}

static int check_run_case(const struct test_case *test)
{
    if (strcmp(test->build, "BOTH") != 0 && undis_is_checked() != (strcmp(test->build, "CHECKED") == 0)) {
        return 0;
    }
    check_options.processors = test->processors;
    enum undis_end end = undis_run(&check_options, test->body, NULL);
    if (end != check_expected_end) {
        check_fail(__FILE__, __LINE__, "%s: the run ended with %d, expected %d", test->name, end,
                   check_expected_end);
    }
    check_findings(test->findings);
    if (check_failures != 0) {
        fprintf(stderr, "%s: %d checks failed\n", test->name, check_failures);
        return 1;
    }
    return 0;
}

/* Without an argument: every case in a process of its own, as TAP. */
static int check_run_all(const char *program, const struct test_case *cases, size_t count)
{
    int failed = 0;
    printf("1..%zu\n", count);
    for (size_t i = 0; i < count; i++) {
        fflush(stdout);
        pid_t child = fork();
        if (child == 0) {
            execl(program, program, cases[i].name, (char *)NULL);
            _exit(127);
        }
        int status = 0;
        bool good = child > 0 && waitpid(child, &status, 0) == child && status == 0;
        failed |= !good;
        printf("%sok %zu - %s\n", good ? "" : "not ", i + 1, cases[i].name);
        if (!good && WIFSIGNALED(status)) {
            printf("# ended by signal %d\n", WTERMSIG(status));
        }
    }
    return failed;
}

__attribute__((unused)) static int check_main(int argc, char **argv, const struct test_case *cases,
                                              size_t count)
{
    if (argc < 2) {
        return check_run_all(argv[0], cases, count);
    }
    for (size_t i = 0; i < count; i++) {
        if (strcmp(cases[i].name, argv[1]) == 0) {
            return check_run_case(&cases[i]);
        }
    }
    fprintf(stderr, "%s: no case %s\n", argv[0], argv[1]);
    return 2;
}

#define TEST_MAIN(cases)                                                                                     \
    int main(int argc, char **argv)                                                                          \
    {                                                                                                        \
        return check_main(argc, argv, cases, sizeof(cases) / sizeof((cases)[0]));                            \
    }

#endif
