/*
 * rwspin.h - what the verifier needs of EX_SPIN_LOCK.
 */
#ifndef UNDIS_EX_RWSPIN_H
#define UNDIS_EX_RWSPIN_H

#include "ke/event.h"

/* Gives back a hold of that flavour, without a word to anybody: its holder never will. */
void ex_spin_lock_abandon(PEX_SPIN_LOCK lock, enum lock_flavor flavor);

#endif
