/*
 * trap.h - between the files of src/host: the interrupt signal and the stack for faults.
 */
#ifndef UNDIS_HOST_TRAP_H
#define UNDIS_HOST_TRAP_H

#include <signal.h>

#define HOST_INTERRUPT_SIGNAL SIGRTMIN

/* Gives the calling host thread an alternate stack to handle faults on (its own may have overflowed). */
void host_trap_stack_install(void);
void host_trap_stack_remove(void);

#endif
