/*
 * fault.h - calls of the DDI that fail although they need not: memory is short, a register has gone.
 *
 * Each function of the DDI that allocates, registers or maps asks ddi_fails as it is entered, and answers
 * with the failure that its page documents.  Who decides: the explored engine (CHOICE_FAILURE), or what
 * ke_fault points to, which `undis run --faults` sets.  The free build never fails a call.
 */
#ifndef UNDIS_KE_FAULT_H
#define UNDIS_KE_FAULT_H

#include "ke/ddi.h"
#include "ke/engine.h"

#if UNDIS_CHECKED

/* Whom `undis run` asks; NULL: nobody.  Any IRQL; set before the machine starts. */
extern bool (*ke_fault)(const char *function, const void *from);

/* How many calls have failed in this run or execution. */
extern volatile unsigned ke_failed_calls;

/* Shall this call of `function` fail, which returns to `from`?  Never one of undis itself. */
bool ke_call_fails(const char *function, const void *from);

/* In the function itself, behind its ddi_enter: shall it fail? */
#define ddi_fails(name)                                                                                      \
    ((void)DDI_##name, __builtin_expect(ke_stepping || ke_fault != NULL, 0) &&                               \
                           ke_call_fails(#name, __builtin_return_address(0)))

#else

#define ddi_fails(name) false
#define ke_failed_calls 0u

#endif

#endif
