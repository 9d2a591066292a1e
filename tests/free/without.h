/*
 * without.h - included before a source of the free build: what the verifier, the explored engine and the
 * table of levels look into the library by is no text any more.
 */
#include "ke/ddi.h"
#include "ke/event.h"
#include "ke/fault.h"
#include "ke/observer.h"
#include "ke/pageable.h"
#include "ke/step.h"

#undef ddi_enter
#undef ddi_enter_when
#undef ddi_enter_range
#undef event_send
#undef event_calls_out
#undef ke_about_to_raise
#undef ke_about_to_lower
#undef ke_about_to_lock
#undef ke_about_to_try
#undef ke_about_to_test
#undef ke_about_to_unlock
#undef ke_about_to_change
#undef ke_about_to_change_both
#undef ke_about_to_change_three
#undef ke_about_to_change_always
#undef ke_about_to_look
#undef ke_acquires
#undef ke_releases
#undef ke_synchronizes
#undef ke_reads
#undef ke_writes
#undef ke_uses

#define ddi_enter(name)
#define ddi_enter_when(name, condition, holds)
#define ddi_enter_range(name, condition, from, to)
#define event_send(...) false
#define event_misuse(...) false
#define event_calls_out(name)
#define ke_about_to_raise(irql)
#define ke_about_to_lower(irql)
#define ke_about_to_lock(word)
#define ke_about_to_try(word)
#define ke_about_to_test(word)
#define ke_about_to_unlock(word)
#define ke_about_to_change(object)
#define ke_about_to_change_both(object, other)
#define ke_about_to_change_three(object, second, third)
#define ke_about_to_change_always(object, other)
#define ke_about_to_look(object)
#define ke_acquires(token)
#define ke_releases(token)
#define ke_synchronizes(token)
#define ke_reads(address, size)
#define ke_writes(address, size)
#define ke_uses(object)
#define ke_pageable_enter(pc)
