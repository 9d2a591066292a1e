/*
 * frame.h - what a callback did to freed memory: a fault that follows from it is no second defect.
 */
#ifndef UNDIS_VERIFIER_FRAME_H
#define UNDIS_VERIFIER_FRAME_H

#include "ke/event.h"

/* What runs at the event has touched freed memory, and a finding says so.  Until the callback returns;
 * outside any callback, until the thread ends. */
void frame_note_freed(const struct event *event);
bool frame_touched_freed(const struct event *event);

#endif
