/*
 * work.h - the system worker threads, for IoXxxWorkItem and for NDIS's work items (spec WI-1 to WI-6).
 *
 * An item is queued at most once at a time.  It leaves the queue before its routine is called, so the routine
 * may queue it again or free it, and then two calls of it may run side by side.
 */
#ifndef UNDIS_EX_WORK_H
#define UNDIS_EX_WORK_H

#include "ke/event.h"

/* Whose routine an item calls: the library's own, which brackets the driver's itself, or a driver's. */
enum ex_work_routine { EX_WORK_LIBRARY, EX_WORK_DRIVER };

/*
 * Queues an item that ExInitializeWorkItem has set up: Item->WorkerRoutine(Item->Parameter) will be called at
 * PASSIVE_LEVEL in a system thread.  IRQL <= DISPATCH_LEVEL.  Queued already: bug check 0xE4/1.
 */
void ex_work_queue(PWORK_QUEUE_ITEM item, WORK_QUEUE_TYPE type, enum ex_work_routine whose);

/* True while the item is in a queue (no longer once its routine has been called). */
bool ex_work_is_queued(const WORK_QUEUE_ITEM *item);

/* Takes an item that lies in [low, high) out of its queue; NULL: there is none.  Its memory is going. */
const WORK_QUEUE_ITEM *ex_work_withdraw(uintptr_t low, uintptr_t high);

/* True while an item is queued or a routine has not returned.  Any IRQL. */
bool ex_work_pending(void);

#endif
