/*
 * interlocked.h - the one way in which list and counter operations take their spin lock (spec section 3).
 *
 * Every interrupt is masked for the few instructions that the operation takes, as the kernel's own
 * ExInterlockedXxx do: they exclude each other from any IRQL, and ordinary holders of the same lock at
 * DISPATCH_LEVEL too, but an ISR that interrupts such a holder would wait for ever (IL-2).
 */
#ifndef UNDIS_EX_INTERLOCKED_H
#define UNDIS_EX_INTERLOCKED_H

#include "ke/spinlock.h"

struct ex_interlocked {
    PKSPIN_LOCK lock; /* NULL: the verifier objected to taking it */
    KIRQL irql;
};

static inline struct ex_interlocked ex_interlocked_begin(PKSPIN_LOCK lock, enum lock_flavor flavor,
                                                         const void *data)
{
    struct ex_interlocked section = {.lock = lock};
    if (event_send(EVENT_LOCK_INTERLOCKED, lock, flavor, (uintptr_t)data, 0, 0)) {
        section.lock = NULL;
    }
    ke_about_to_raise(HIGH_LEVEL);
#if UNDIS_CHECKED
    if (ke_stepping) { /* masked code takes no steps; at HIGH_LEVEL it can be told what it excludes */
        section.irql = ke_irql();
        ke_irql_store(section.irql == KE_MASKED ? KE_MASKED : HIGH_LEVEL);
    } else
#endif
    {
        section.irql = ke_mask();
    }
    if (section.lock != NULL) {
        ke_spin_lock_take(section.lock);
    }
    return section;
}

static inline void ex_interlocked_end(const struct ex_interlocked *section)
{
    if (section->lock != NULL) {
        ke_spin_lock_drop(section->lock);
    }
    ke_about_to_lower(section->irql);
    ke_unmask(section->irql);
}

/* The operations themselves, for the Ex and the NDIS names alike; `pc` is the driver's. */
ULONG ex_interlocked_add_ulong(PULONG addend, ULONG increment, PKSPIN_LOCK lock, enum lock_flavor flavor,
                               uintptr_t pc);
LARGE_INTEGER ex_interlocked_add_large(PLARGE_INTEGER addend, LONGLONG increment, PKSPIN_LOCK lock,
                                       enum lock_flavor flavor, uintptr_t pc);
PLIST_ENTRY ex_interlocked_insert_head(PLIST_ENTRY head, PLIST_ENTRY entry, PKSPIN_LOCK lock,
                                       enum lock_flavor flavor, uintptr_t pc);
PLIST_ENTRY ex_interlocked_insert_tail(PLIST_ENTRY head, PLIST_ENTRY entry, PKSPIN_LOCK lock,
                                       enum lock_flavor flavor, uintptr_t pc);
PLIST_ENTRY ex_interlocked_remove_head(PLIST_ENTRY head, PKSPIN_LOCK lock, enum lock_flavor flavor,
                                       uintptr_t pc);
PSINGLE_LIST_ENTRY ex_interlocked_push(PSINGLE_LIST_ENTRY head, PSINGLE_LIST_ENTRY entry, PKSPIN_LOCK lock,
                                       enum lock_flavor flavor, uintptr_t pc);
PSINGLE_LIST_ENTRY ex_interlocked_pop(PSINGLE_LIST_ENTRY head, PKSPIN_LOCK lock, enum lock_flavor flavor,
                                      uintptr_t pc);

/* An atomic change of *addend that takes no lock. */
#if UNDIS_CHECKED
#define ex_interlocked_updates(addend, pc) ke_access_update((addend), sizeof(*(addend)), false, 0, (pc))
#else
#define ex_interlocked_updates(addend, pc) ((void)0)
#endif

#define EX_CALLER ((uintptr_t)__builtin_return_address(0))

#endif
