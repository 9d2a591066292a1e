/*
 * threadeddpc.h - between dpc.c and threadeddpc.c.
 */
#ifndef UNDIS_KE_THREADEDDPC_H
#define UNDIS_KE_THREADEDDPC_H

#include "ke/processor.h"

#define THREADED_DPC_TYPE 26 /* KOBJECTS: ThreadedDpcObject */

/* Shall this insertion of such an object be run by a thread? */
bool ke_threaded_dpc_is_due(void);

static inline bool ke_threaded_dpc_wanted(const KDPC *dpc)
{
    return dpc->Type == THREADED_DPC_TYPE && ke_threaded_dpc_is_due();
}

/* Are there threads that run DPCs? */
bool ke_threaded_dpcs_run(void);
/* Any IRQL; false: it is queued already. */
bool ke_threaded_dpc_insert(PRKDPC dpc, struct ke_processor *target, PVOID argument1, PVOID argument2);
/* What KDPC.DpcData names: is it a queue of threaded DPCs?  And takes the DPC off it. */
bool ke_threaded_dpc_is_queue(const void *queue);
bool ke_threaded_dpc_remove(PRKDPC dpc, void *queue);

/* dpc.c: KeFlushQueuedDpcs's own routine. */
bool ke_dpc_is_marker(PKDEFERRED_ROUTINE routine);

#endif
