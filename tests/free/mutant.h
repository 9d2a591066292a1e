/*
 * mutant.h - a free build that counts its events: one instruction in each function that has a hook.
 */
#include "ke/event.h"

static unsigned long mutant_events;

static inline bool mutant_send(void)
{
    mutant_events++;
    return false;
}
#undef event_send
#define event_send(...) mutant_send()
