/*
 * program_interrupt.c - interrupts of a closed program (contract in program_interrupt.h).
 *
 * Each has an edge-triggered line of its own, bound to one processor.  Lines stay until the machine ends.
 */
#include "scenario/program_interrupt.h"

#include <undis/explore.h>

#include "host/memory.h"
#include "ke/event.h"
#include "ke/run.h"
#include "scenario/program.h"

#define INTERRUPTS 8

static struct program_interrupt {
    struct ke_interrupt kernel; /* the first member: it is what the program knows it by */
    PKSERVICE_ROUTINE service;
    void *argument;
} interrupts[INTERRUPTS];
static HOST_HOT unsigned count = 0;

static BOOLEAN serve(struct ke_interrupt *kernel, void *context)
{
    const struct program_interrupt *interrupt = context;
    struct callback_frame frame;
    callback_enter(&frame, CALLBACK_ISR, "interrupt", (const void *)(uintptr_t)interrupt->service);
    BOOLEAN recognized = interrupt->service((PKINTERRUPT)(void *)kernel, interrupt->argument);
    callback_leave(&frame);
    return recognized;
}

struct ke_interrupt *program_interrupt(unsigned processor, KIRQL irql, PKSERVICE_ROUTINE service,
                                       void *argument)
{
    bool any = processor == UNDIS_ANY_PROCESSOR;
    if ((processor >= ke_processor_count && !any) || irql < KE_DEVICE_LEVEL_LOW ||
        irql > KE_DEVICE_LEVEL_HIGH) {
        program_fail(
            "undis_interrupt wants a processor that --processors provides, and an IRQL from 3 to 11");
    }
    if (count == INTERRUPTS) {
        program_fail("undis_interrupt is called at most 8 times");
    }
    struct program_interrupt *made = &interrupts[count++];
    struct ke_line *line =
        ke_line_create("interrupt", irql, KE_EDGE_TRIGGERED, any ? ~(KAFFINITY)0 : (KAFFINITY)1 << processor);
    if (line == NULL) {
        program_fail("undis_interrupt: there is an interrupt line");
    }
    *made = (struct program_interrupt){
        .kernel = {.service = serve, .context = made}, .service = service, .argument = argument};
    ke_interrupt_connect(&made->kernel, line);
    return &made->kernel;
}

void program_interrupt_raise(struct ke_interrupt *interrupt)
{
    ke_line_assert(interrupt->line);
}

void program_interrupts_disconnect(void)
{
    while (count > 0) {
        ke_interrupt_disconnect(&interrupts[--count].kernel);
    }
}
