/*
 * shapes.c - the contexts of each shape one after the other, in every order, on one processor and on several;
 * each time in a process of its own, because what has been found once is not found again.
 *
 *   shapes          every shape
 *   shapes NAME     one
 *   shapes --list   name, verdicts of the explored engine, for explore.cmake
 */
#include <ndis.h>

#include "machine.h"
#include "perform.h"
#include "report/finding.h"

static const struct shape *shape;
static unsigned contexts;
static unsigned order[SHAPE_CONTEXTS];
static bool spread;
static struct shape_locks locks;

static bool free_build_can(const struct shape *of)
{
    return of->sequential[0] == '\0' || strcmp(of->sequential, "LockOrder") == 0;
}

static void perform(void *argument)
{
    Perform(&locks, argument);
}

static void run_context(const char *context, unsigned processor)
{
    struct thread thread;
    void *argument = (void *)(uintptr_t)context;
    switch (context[0]) {
    case 'D':
        run_as_dpc(perform, argument, (int)processor);
        break;
    case 'I':
        run_as_isr(perform, argument, processor);
        break;
    default:
        thread_start(&thread, perform, argument, (int)processor);
        thread_join(&thread);
        break;
    }
}

static void body(void *argument)
{
    (void)argument;
    MakeLocks(&locks);
    for (unsigned i = 0; i < contexts; i++) {
        run_context(shape->contexts[order[i]], spread ? order[i] : 0);
    }
    CHECK_EQ(KeGetCurrentIrql(), PASSIVE_LEVEL);
    UnmakeLocks(&locks);
}

/* Every rule of the row and no other, at as many places as there are. */
static void check_rules(void)
{
    unsigned expected = 0, seen = 0;
    for (const char *word = shape->sequential; undis_is_checked() && *word != '\0'; expected++) {
        word += strcspn(word, " ");
        word += strspn(word, " ");
    }
    for (size_t i = 0; i < undis_finding_count(); i++) {
        const struct undis_finding *finding = undis_finding(i);
        unsigned none = 0, rule = seen;
        if (check_rule_expected(shape->sequential, finding->rule, &rule)) {
            seen = rule;
        } else if (!check_rule_expected(shape->sequential, finding->rule, &none)) {
            check_fail(__FILE__, __LINE__, "%s: unexpected finding %s: %s", shape->name, finding->rule,
                       finding->message);
        }
    }
    if (seen != (1U << expected) - 1) {
        check_fail(__FILE__, __LINE__, "%s: of \"%s\" not all was found (mask %#x)", shape->name,
                   shape->sequential, seen);
    }
}

static int run_order(void)
{
    struct undis_options options = {.processors = SHAPE_CONTEXTS,
                                    .watchdog_seconds = 2 * CHECK_SECONDS,
                                    .timeout_seconds = 4 * CHECK_SECONDS};
    if (undis_run(&options, body, NULL) != UNDIS_ENDED) {
        check_fail(__FILE__, __LINE__, "%s: the machine was stopped", shape->name);
    }
    check_rules();
    if (check_failures != 0) {
        fprintf(stderr, "%s: contexts in the order %u %u %u %u, on %s\n", shape->name, order[0], order[1],
                order[2], order[3], spread ? "several processors" : "one processor");
    }
    return check_failures != 0;
}

static unsigned tried;

static int run_order_alone(void)
{
    int status = 0;
    tried++;
    pid_t child = fork();
    if (child == 0) {
        exit(run_order());
    }
    if (child > 0 && waitpid(child, &status, 0) == child && WIFEXITED(status)) {
        return WEXITSTATUS(status);
    }
    fprintf(stderr, "%s: ended by signal %d\n", shape->name, WTERMSIG(status));
    return 1;
}

/* Every order that begins with the first `fixed` contexts. */
static int permute(unsigned fixed)
{
    int failed = 0;
    if (fixed >= contexts || fixed == SHAPE_CONTEXTS) {
        for (int i = 0; i < 2; i++) {
            spread = i != 0;
            failed |= run_order_alone();
        }
        return failed;
    }
    for (unsigned i = fixed; i < contexts; i++) {
        unsigned was = order[fixed];
        order[fixed] = order[i];
        order[i] = was;
        failed |= permute(fixed + 1);
        order[i] = order[fixed];
        order[fixed] = was;
    }
    return failed;
}

static int run_shape(const struct shape *which)
{
    shape = which;
    if (!undis_is_checked() && !free_build_can(shape)) {
        return 0; /* nothing reports it, and nothing repairs it */
    }
    contexts = 0;
    while (contexts < SHAPE_CONTEXTS && shape->contexts[contexts] != NULL) {
        order[contexts] = contexts;
        contexts++;
    }
    return permute(0);
}

static int run_all(void)
{
    int failed = 0;
    for (size_t i = 0; i < SHAPE_COUNT; i++) {
        failed |= run_shape(&shapes[i]);
    }
    printf("%zu shapes, %u orders and placements\n", SHAPE_COUNT, tried);
    return failed;
}

/* Empty verdicts become "complete"; what is not explored is left out. */
static int list(void)
{
    for (size_t i = 0; i < SHAPE_COUNT; i++) {
        if (shapes[i].same != NULL) {
            printf("%s %s %s\n", shapes[i].name, shapes[i].same[0] != '\0' ? shapes[i].same : "complete",
                   shapes[i].other[0] != '\0' ? shapes[i].other : "complete");
        }
    }
    return 0;
}

int main(int argc, char **argv)
{
    if (argc < 2) {
        return run_all();
    }
    if (strcmp(argv[1], "--list") == 0) {
        return list();
    }
    for (size_t i = 0; i < SHAPE_COUNT; i++) {
        if (strcmp(shapes[i].name, argv[1]) == 0) {
            return run_shape(&shapes[i]);
        }
    }
    fprintf(stderr, "shapes: no shape %s\n", argv[1]);
    return 2;
}
