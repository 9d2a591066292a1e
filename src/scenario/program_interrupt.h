/*
 * program_interrupt.h - interrupts of a closed program (include/undis/explore.h).
 */
#ifndef UNDIS_SCENARIO_PROGRAM_INTERRUPT_H
#define UNDIS_SCENARIO_PROGRAM_INTERRUPT_H

#include "ke/line.h"

/* Connects service(interrupt, argument) to a new line of that processor; PASSIVE_LEVEL.  A mistake of the
 * program's, or an interrupt too many, ends the execution. */
struct ke_interrupt *program_interrupt(unsigned processor, KIRQL irql, PKSERVICE_ROUTINE service,
                                       void *argument);
/* Sends one interrupt; any IRQL. */
void program_interrupt_raise(struct ke_interrupt *interrupt);
/* None comes any more: what was sent and has not come yet is lost.  PASSIVE_LEVEL. */
void program_interrupts_disconnect(void);

#endif
