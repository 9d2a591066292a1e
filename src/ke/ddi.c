/*
 * ddi.c - a function of the DDI is called at an IRQL that its page does not allow.
 */
#include "ke/ddi.h"

#include "ke/pageable.h"

#if UNDIS_CHECKED

extern const struct ddi_judge __start_undis_ddi[] __attribute__((visibility("hidden")));
extern const struct ddi_judge __stop_undis_ddi[] __attribute__((visibility("hidden")));

const struct ddi_judge *ddi_judges(size_t *count)
{
    *count = (size_t)(__stop_undis_ddi - __start_undis_ddi);
    return __start_undis_ddi;
}

void ddi_out_of_range(enum ddi ddi, const char *condition, KIRQL lowest, KIRQL highest, const void *from)
{
    KIRQL irql = ke_irql();
    const struct ddi_row *row = &ddi_rows[ddi];
    bool always = irql < row->lowest || irql > row->highest;
    if (irql == KE_MASKED || (condition != NULL && always)) {
        return; /* the library itself; or ddi_enter has said it */
    }
    event_send(EVENT_DDI_IRQL, from, (uintptr_t)ddi, lowest, highest, (uintptr_t)condition);
}

KIRQL ddi_pageable_from = 255;

void ddi_pageable_call(const void *from)
{
    if (ke_irql() != KE_MASKED) {
        ke_pageable_runs((uintptr_t)from - 1); /* the call may be the last instruction of its function */
    }
}

#endif
