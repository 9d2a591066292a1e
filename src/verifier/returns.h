/*
 * returns.h - when driver code returns (returns.c): what the rules about it share.
 */
#ifndef UNDIS_VERIFIER_RETURNS_H
#define UNDIS_VERIFIER_RETURNS_H

#include "verifier/verifier.h"

static inline const char *callback_name(const struct callback_frame *frame)
{
    return frame->name != NULL ? frame->name : "the callback";
}

/* The routine itself is the call site: nothing of it is on the stack any more. */
static inline struct stack_trace routine_trace(const struct callback_frame *frame)
{
    struct stack_trace trace = {.depth = 1, .pc = {(uintptr_t)frame->routine + 1}};
    return trace;
}

/* The outermost callback of a thread returns: CriticalRegions, GuardedRegions (regions.c).  `told`: a finding
 * of this return has said why already. */
void regions_end(struct event *event, const struct callback_frame *frame, bool told);

#endif
