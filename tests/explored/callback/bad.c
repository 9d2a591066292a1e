/*
 * The routine's context is freed before the routine is unregistered.
 * Verdict: PoolUseAfterFree.
 */
#define UNREGISTER_FIRST 0
#include "story.h"
