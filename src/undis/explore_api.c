/*
 * explore_api.c - include/undis/explore.h, for authors of closed programs.
 */
#include <undis/explore.h>

#include "ke/engine.h"
#include "ke/event.h"
#include "ke/invariant.h"
#include "ke/run.h"
#include "scenario/program.h"
#include "scenario/program_interrupt.h"

#include <stdio.h>
#include <string.h>

void undis_thread(unsigned processor, void (*body)(void *), void *argument)
{
    program_thread(processor, body, argument);
}

void undis_join(void)
{
    program_join();
}

struct _KINTERRUPT *undis_interrupt(unsigned processor, unsigned char irql,
                                    unsigned char (*service)(struct _KINTERRUPT *, void *), void *argument)
{
    /* A PKINTERRUPT is a struct ke_interrupt (ke/interrupt.c). */
    return (struct _KINTERRUPT *)(void *)program_interrupt(processor, irql, service, argument);
}

void undis_interrupt_raise(struct _KINTERRUPT *interrupt)
{
    program_interrupt_raise((struct ke_interrupt *)(void *)interrupt);
}

/* "what was asserted (file.c:12)" */
void undis_assertion_failed(const char *condition, const char *file, int line)
{
    char text[256];
    const char *slash = strrchr(file, '/');
    KIRQL old = ke_mask();
    snprintf(text, sizeof(text), "%s (%s:%d)", condition, slash != NULL ? slash + 1 : file, line);
    ke_unmask(old);
    program_fail(text);
}

void undis_invariant(const char *name, bool (*holds)(void *), void *argument)
{
    if (!ke_invariant_add(holds, argument, name)) {
        program_fail("undis_invariant is called at most 8 times");
    }
}

void undis_at_end(void (*check)(void *), void *argument)
{
    program_at_end(check, argument);
}

void undis_assume(bool condition)
{
    if (!condition) {
        ke_abandon();
    }
}

unsigned undis_choose(unsigned count)
{
    return ke_choose(CHOICE_ORDER, count);
}
