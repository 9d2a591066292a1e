/*
 * abandon.h - for the verifier: gives back, without a word to anybody, what a thread will never release.
 */
#ifndef UNDIS_EX_ABANDON_H
#define UNDIS_EX_ABANDON_H

#include "ke/processor.h"

void ex_fast_mutex_abandon(PFAST_MUTEX mutex); /* and a guarded one */
void ex_resource_abandon(PERESOURCE resource, PKTHREAD thread);
void ex_push_lock_abandon(PEX_PUSH_LOCK lock, bool shared);

#endif
