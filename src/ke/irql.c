/*
 * irql.c - IRQL changes that drivers ask for (spec section 1).
 */
#include "ke/ddi.h"
#include "ke/dispatch.h"
#include "ke/step.h"

#include <undis/free/irql.h>

#undef KeRaiseIrql
#undef KeGetCurrentIrql
#undef KeLowerIrql
#undef KfLowerIrql
#undef KeRaiseIrqlToDpcLevel

#if UNDIS_CHECKED

KIRQL ke_raise(KIRQL irql)
{
    ke_about_to_raise(irql);
    KIRQL old = ke_mask();
    ke_irql_report(old, irql, IRQL_CAUSE_SYSTEM);
    ke_irql_store(irql);
    return old;
}

void ke_lower(KIRQL irql)
{
    ke_about_to_lower(irql);
    ke_irql_report(ke_mask(), irql, IRQL_CAUSE_SYSTEM);
    ke_unmask(irql);
}

/* To where the driver wants; what the verifier objects to is not done.  Returns the old level. */
static KIRQL change(KIRQL irql, bool down)
{
    KIRQL old = ke_mask();
    bool objected = event_send(EVENT_IRQL, NULL, old, irql, IRQL_CAUSE_DRIVER, down);
    ke_unmask(objected ? old : irql); /* a downward "raise" delivers, as any fall does */
    return old;
}

#else

static inline KIRQL change(KIRQL irql, bool down)
{
    if (!down) {
        return undis_irql_raise(irql);
    }
    undis_irql_lower(irql);
    return irql;
}

KIRQL ke_raise(KIRQL irql)
{
    return undis_irql_raise(irql);
}

void ke_lower(KIRQL irql)
{
    undis_irql_lower(irql);
}

#endif

#if UNDIS_CHECKED
/* FL-4: who is told the level does not ask for it. */
static void judge_question(void)
{
    const struct callback_frame *frame = ke_processor()->callback;
    if (frame != NULL && frame->level_told) {
        event_misuse("Flags_Irql", "KeGetCurrentIrql is called in a handler whose flags say DISPATCH_LEVEL",
                     NULL, 0, 0);
    }
}
#else
static inline void judge_question(void)
{
}
#endif

/* KeGetCurrentIrql: any IRQL.  nf-wdm-kegetcurrentirql, IR-1. */
KIRQL KeGetCurrentIrql(void)
{
    ddi_enter(KeGetCurrentIrql);
    judge_question();
    return ke_irql();
}

/*
 * KfRaiseIrql (KeRaiseIrql): raises this processor's IRQL to NewIrql, which must not be below the
 * present level, and returns the old level.  IR-7, nf-wdm-keraiseirql.
 */
KIRQL KfRaiseIrql(KIRQL NewIrql)
{
    ddi_enter(KfRaiseIrql);
    ke_about_to_raise(NewIrql);
    return change(NewIrql, false);
}

/*
 * KeLowerIrql: restores the level that the matching KeRaiseIrql returned; what waited is delivered
 * before it returns.  IR-7, nf-wdm-kelowerirql.
 */
VOID KeLowerIrql(KIRQL NewIrql)
{
    ddi_enter(KeLowerIrql);
    ke_about_to_lower(NewIrql);
    change(NewIrql, true);
}

/* KfLowerIrql: KeLowerIrql under the name that older headers import. */
VOID KfLowerIrql(KIRQL NewIrql);
VOID KfLowerIrql(KIRQL NewIrql)
{
    ddi_enter(KfLowerIrql);
    KeLowerIrql(NewIrql);
}

/* KeRaiseIrqlToDpcLevel: <= DISPATCH_LEVEL; returns the old level.  nf-wdm-keraiseirqltodpclevel. */
KIRQL KeRaiseIrqlToDpcLevel(VOID)
{
    ddi_enter(KeRaiseIrqlToDpcLevel);
    return KfRaiseIrql(DISPATCH_LEVEL);
}

#define SYNCH_LEVEL 12 /* of x64 */

/* KeRaiseIrqlToSynchLevel: <= SYNCH_LEVEL, which is above DISPATCH_LEVEL; returns the old level.  In wdm.h,
 * without a page. */
KIRQL KeRaiseIrqlToSynchLevel(VOID)
{
    ddi_enter(KeRaiseIrqlToSynchLevel);
    return KfRaiseIrql(SYNCH_LEVEL);
}
