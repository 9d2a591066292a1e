/*
 * dpcqueue.h - the DPC queue of a processor, under dpc.c (spec DP-1 to DP-4).
 *
 * KDPC.DpcData says where the object lies: NULL, on no queue; else it names the queue's processor.  Whoever
 * changes it from NULL owns the insertion, so one object is never queued twice.  Two implementations:
 * dpcqueue_checked.c, whose operations are all under one guard, and dpcqueue_free.c.
 */
#ifndef UNDIS_KE_DPCQUEUE_H
#define UNDIS_KE_DPCQUEUE_H

#include "ke/processor.h"

/* What a DPC object said when it was taken off its queue: from then on it may be queued again (DP-3). */
struct dpc_call {
    PRKDPC dpc;
    PKDEFERRED_ROUTINE routine;
    PVOID context, argument1, argument2;
};

static inline LIST_ENTRY *dpc_link(PRKDPC dpc)
{
    return (LIST_ENTRY *)(void *)&dpc->DpcListEntry;
}

static inline PRKDPC dpc_of(LIST_ENTRY *link)
{
    return CONTAINING_RECORD(link, KDPC, DpcListEntry);
}

/*
 * Called masked: puts the object on that queue, goes back to `old` and makes the processor look; false: it
 * lies on a queue already.
 */
bool dpc_queue_insert(PRKDPC dpc, struct ke_processor *target, PVOID argument1, PVOID argument2, KIRQL old);

/* Any IRQL; `data` is what DpcData was just now.  False: it is not there, or not yet: look at DpcData again.
 */
bool dpc_queue_remove(PRKDPC dpc, void *data);

/* The next one of the caller's processor, which counts as running from here on; false: there is none. */
bool dpc_queue_take(struct ke_processor *processor, struct dpc_call *call);

/* May be wrong a moment later. */
bool dpc_queue_is_empty(const struct ke_processor *processor);

#endif
