/*
 * irql.c - what lowering IRQL delivers, and in which order.
 */
#include <ntddk.h>

#include "machine.h"

static char trail[64];
static volatile LONG trail_length;

static void leave_mark(void *argument)
{
    LONG at = InterlockedIncrement(&trail_length) - 1;
    trail[at] = (char)(uintptr_t)argument;
}

static struct isr isrs[3];
static struct dpc dpcs[3];

static void connect_three(void)
{
    for (int i = 0; i < 3; i++) {
        isr_connect(&isrs[i], (KIRQL)(4 + 2 * i), 1, leave_mark, (void *)(uintptr_t)('a' + i));
        dpc_init(&dpcs[i], leave_mark, (void *)(uintptr_t)('x' + i), 0);
    }
}

static void disconnect_three(void)
{
    for (int i = 0; i < 3; i++) {
        isr_disconnect(&isrs[i]);
    }
}

/* Interrupts that waited are delivered from the highest level down, each as soon as IRQL is below it. */
static void interrupts_by_level_then_dpcs(void *argument)
{
    KIRQL old;
    (void)argument;
    run_on(0);
    connect_three();
    KeRaiseIrql(HIGH_LEVEL, &old);
    for (int i = 0; i < 3; i++) {
        dpc_queue(&dpcs[i]);
        ke_line_assert(isrs[i].line);
    }
    spin_ms(20);
    CHECK_EQ(trail_length, 0);
    KeLowerIrql(old);
    CHECK_EQ(trail_length, 6);
    CHECK_EQ(strcmp(trail, "cbaxyz"), 0);
    disconnect_three();
}

static void lowering_step_by_step(void *argument)
{
    KIRQL old[4];
    (void)argument;
    run_on(0);
    connect_three();
    KeRaiseIrql(DISPATCH_LEVEL, &old[0]);
    KeRaiseIrql(5, &old[1]);
    KeRaiseIrql(7, &old[2]);
    KeRaiseIrql(9, &old[3]);
    for (int i = 0; i < 3; i++) {
        dpc_queue(&dpcs[i]);
        ke_line_assert(isrs[i].line);
    }
    spin_ms(20);
    CHECK_EQ(trail_length, 0);
    KeLowerIrql(old[3]);
    CHECK_EQ(trail_length, 1);
    KeLowerIrql(old[2]);
    CHECK_EQ(trail_length, 2);
    KeLowerIrql(old[1]);
    CHECK_EQ(trail_length, 3);
    KeLowerIrql(old[0]);
    CHECK_EQ(trail_length, 6);
    CHECK_EQ(strcmp(trail, "cbaxyz"), 0);
    disconnect_three();
}

/* Eight levels deep: each ISR asserts the next line and waits for it to be served. */
#define DEPTH 8
static struct isr deep[DEPTH];
static volatile LONG deepest;

static void descend(void *argument)
{
    struct isr *self = argument;
    LONG level = (LONG)(self - deep);
    CHECK_EQ(KeGetCurrentIrql(), 3 + level);
    if (level > deepest) {
        deepest = level;
    }
    if (level + 1 < DEPTH) {
        ke_line_assert(self[1].line);
        CHECK_SOON(self[1].runs == 1);
    }
    CHECK_EQ(KeGetCurrentIrql(), 3 + level);
}

static void interrupts_nest_by_level(void *argument)
{
    (void)argument;
    run_on(0);
    for (int i = 0; i < DEPTH; i++) {
        isr_connect(&deep[i], (KIRQL)(3 + i), 1, descend, &deep[i]);
    }
    ke_line_assert(deep[0].line);
    CHECK_SOON(deep[0].runs == 1);
    CHECK_EQ(deepest, DEPTH - 1);
    CHECK_EQ(KeGetCurrentIrql(), PASSIVE_LEVEL);
    for (int i = 0; i < DEPTH; i++) {
        isr_disconnect(&deep[i]);
    }
}

/* The same level does not nest. */
static struct isr pair[2];
static volatile LONG inside;

static void not_together(void *argument)
{
    (void)argument;
    CHECK_EQ(InterlockedIncrement(&inside), 1);
    ke_line_assert(pair[1].line);
    spin_ms(5);
    InterlockedDecrement(&inside);
}

static void not_together_either(void *argument)
{
    (void)argument;
    CHECK_EQ(InterlockedIncrement(&inside), 1);
    InterlockedDecrement(&inside);
}

static void same_level_waits(void *argument)
{
    (void)argument;
    run_on(0);
    isr_connect(&pair[0], 5, 1, not_together, NULL);
    isr_connect(&pair[1], 5, 1, not_together_either, NULL);
    ke_line_assert(pair[0].line);
    CHECK_SOON(pair[1].runs == 1);
    CHECK_EQ(pair[0].runs, 1);
    isr_disconnect(&pair[0]);
    isr_disconnect(&pair[1]);
}

/* An ISR's DPC runs after it, when IRQL falls, and before the interrupted thread goes on. */
static struct isr queuing;

static void queue_dpc(void *argument)
{
    leave_mark((void *)(uintptr_t)'i');
    dpc_queue(argument);
}

static void dpc_follows_its_isr(void *argument)
{
    (void)argument;
    run_on(0);
    dpc_init(&dpcs[0], leave_mark, (void *)(uintptr_t)'d', 0);
    isr_connect(&queuing, 5, 1, queue_dpc, &dpcs[0]);
    KIRQL old = KeRaiseIrqlToDpcLevel();
    ke_line_assert(queuing.line);
    CHECK_SOON(queuing.runs == 1);
    CHECK_EQ(trail_length, 1);
    KeLowerIrql(old);
    CHECK_EQ(trail_length, 2);
    CHECK_EQ(strcmp(trail, "id"), 0);
    isr_disconnect(&queuing);
}

/* Raising and lowering as fast as it goes, with interrupts and DPCs arriving: none is lost. */
static void storm(void *argument)
{
    struct outside outside = {.line_count = 3};
    ULONGLONG until = KeQueryInterruptTime() + (ULONGLONG)MS_TO_100NS(500);
    (void)argument;
    run_on(0);
    for (int i = 0; i < 3; i++) {
        isr_connect(&isrs[i], (KIRQL)(4 + 2 * i), 1, NULL, NULL);
        outside.lines[i] = isrs[i].line;
    }
    outside_start(&outside, 20000);
    while (KeQueryInterruptTime() < until) {
        for (KIRQL irql = DISPATCH_LEVEL; irql <= HIGH_LEVEL; irql++) {
            KIRQL old;
            KeRaiseIrql(irql, &old);
            CHECK_EQ(KeGetCurrentIrql(), irql);
            KeLowerIrql(old);
            CHECK_EQ(KeGetCurrentIrql(), PASSIVE_LEVEL);
        }
    }
    outside_stop(&outside);
    for (int i = 0; i < 3; i++) {
        LONG runs = isrs[i].runs;
        ke_line_assert(isrs[i].line);
        CHECK_SOON(isrs[i].runs == runs + 1);
        CHECK(runs > 0);
        isr_disconnect(&isrs[i]);
    }
}

/* clang-format off */
static const struct test_case cases[] = {
    CASE("irql-delivery-order", interrupts_by_level_then_dpcs, "", 2, BOTH),
    CASE("irql-lowering-steps", lowering_step_by_step, "", 2, BOTH),
    CASE("irql-deep-nesting", interrupts_nest_by_level, "", 2, BOTH),
    CASE("irql-same-level-waits", same_level_waits, "", 2, BOTH),
    CASE("irql-dpc-follows-isr", dpc_follows_its_isr, "", 2, BOTH),
    CASE("irql-storm", storm, "", 2, BOTH),
};
/* clang-format on */

TEST_MAIN(cases)
