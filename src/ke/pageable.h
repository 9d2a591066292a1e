/*
 * pageable.h - code of drivers that Windows may page out: sections whose names begin with PAGE.
 *
 * Nothing is paged out here.  What is known about the sections lets the verifier see that such code runs at
 * DISPATCH_LEVEL or above, where a page that is out cannot be brought in.
 */
#ifndef UNDIS_KE_PAGEABLE_H
#define UNDIS_KE_PAGEABLE_H

#include "ke/ddi.h"
#include "ke/event.h"

/* A function in such a section, or a whole section of a driver without symbols. */
struct pageable_code {
    uintptr_t low, high;
    uintptr_t section; /* where its section begins */
};

/*
 * A driver has that code; `code` stays where it is, in ascending order, until the machine ends.  A range that
 * is known already is not added again.  Any IRQL.
 */
void ke_pageable_add(const struct pageable_code *code, size_t count);

/*
 * Code in the section around `address` stays in memory until as many calls of ke_pageable_unlock have been
 * made.  Returns where the section begins; 0: there is no pageable section.  Any IRQL.
 */
uintptr_t ke_pageable_lock(uintptr_t address);
void ke_pageable_unlock(uintptr_t section);

/* The code at `pc` runs, at DISPATCH_LEVEL or above: reports EVENT_PAGEABLE if it may be paged out. */
void ke_pageable_runs(uintptr_t pc);

/* Code at `pc` is about to run, or runs. */
static inline void ke_pageable_enter(uintptr_t pc)
{
#if UNDIS_CHECKED
    if (__builtin_expect(ke_irql() >= ddi_pageable_from && ke_irql() != KE_MASKED, 0)) {
        ke_pageable_runs(pc);
    }
#else
    (void)pc;
#endif
}

#endif
