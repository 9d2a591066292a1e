/*
 * mutex.h - between mutex.c and returns.c.
 */
#ifndef UNDIS_VERIFIER_MUTEX_H
#define UNDIS_VERIFIER_MUTEX_H

#include "ke/event.h"

/* The callback returns: reports and gives back what it acquired and still holds.  True: that was a fast
 * mutex, which has kept IRQL up.  *any is set when there was a mutex at all. */
bool mutex_end_holds(struct event *event, const struct callback_frame *frame, bool *any);

#endif
