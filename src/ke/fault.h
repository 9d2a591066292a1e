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

/* Shall this call of `function`, which returns to `from`, fail?  NULL: none does.  Any IRQL; set before the
 * machine starts. */
extern bool (*ke_fault)(const char *function, const void *from);

static inline bool ke_call_fails(const char *function, const void *from)
{
    return ke_fails() || (__builtin_expect(ke_fault != NULL, 0) && ke_fault(function, from));
}

/* In the function itself, behind its ddi_enter: shall it fail? */
#define ddi_fails(name) ((void)DDI_##name, ke_call_fails(#name, __builtin_return_address(0)))

#else

#define ddi_fails(name) false

#endif

#endif
