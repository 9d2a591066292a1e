/*
 * A callback object is notified while its only routine is unregistered, after which the routine's context is
 * freed: ExUnregisterCallback waits for a call that is under way. Verdict: complete.
 */
#define UNREGISTER_FIRST 1
#include "story.h"
