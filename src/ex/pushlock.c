/*
 * pushlock.c - push locks: one word, shared or exclusive, not recursive.
 *
 * Bit 0: held alone; the rest counts those that share it.  Who waits is kept beside (park.h).  Among waiters
 * no order is promised; a thread that wants it alone holds back new ones that would share it.
 */
#include "ex/abandon.h"
#include "ex/park.h"
#include "ke/ddi.h"
#include "ke/mutex.h"
#include "ke/observer.h"
#include "ke/step.h"

#define HELD_ALONE ((ULONG_PTR)1)
#define SHARER ((ULONG_PTR)16)

/* Tokens of the order of what was done: the word's own address for those that had it alone, the next one for
 * those that shared it. */
#define TOKEN(lock, shared) ((const volatile char *)(lock) + ((shared) ? 1 : 0))

static bool may_enter(PEX_PUSH_LOCK lock, bool shared)
{
    return shared ? (*lock & HELD_ALONE) == 0 && !ex_park_wants(lock, false) : *lock == 0;
}

static void grant(PEX_PUSH_LOCK lock, bool shared)
{
    *lock += shared ? SHARER : HELD_ALONE;
}

static void acquire(PEX_PUSH_LOCK lock, bool shared)
{
    struct ex_parked parked;
    if (!mutex_may_acquire(lock, MUTEX_PUSH_LOCK, shared, false)) {
        return;
    }
    ke_about_to_change(lock);
    ke_uses_pageable(lock);
    KIRQL old = ke_guard_enter_quietly(&ex_park_guard);
    bool entered = may_enter(lock, shared);
    if (entered) {
        grant(lock, shared);
    } else {
        ex_park(&parked, lock, shared);
    }
    ke_guard_leave(&ex_park_guard, old);
    if (!entered) {
        ex_park_wait(&parked);
    }
    ke_acquires(TOKEN(lock, false));
    if (!shared) {
        ke_acquires(TOKEN(lock, true));
    }
    mutex_acquired(lock, MUTEX_PUSH_LOCK, shared);
}

/* Free: one that wants it alone first, else all that would share it. */
static void hand_over(PEX_PUSH_LOCK lock, struct ex_granted *granted)
{
    struct ex_parked *parked = ex_park_take(lock, false);
    if (parked != NULL) {
        grant(lock, false);
        ex_granted_add(granted, parked);
        return;
    }
    while ((parked = ex_park_take(lock, true)) != NULL) {
        grant(lock, true);
        ex_granted_add(granted, parked);
    }
}

static void leave(PEX_PUSH_LOCK lock, bool shared)
{
    struct ex_granted granted = {NULL};
    ke_about_to_change(lock);
    ke_uses_pageable(lock);
    ke_releases(TOKEN(lock, shared));
    KIRQL old = ke_guard_enter_quietly(&ex_park_guard);
    *lock -= shared ? SHARER : HELD_ALONE;
    if (*lock == 0) {
        hand_over(lock, &granted);
    }
    ke_guard_leave(&ex_park_guard, old);
    ex_granted_wake(&granted);
}

static void release(PEX_PUSH_LOCK lock, bool shared)
{
    if (mutex_may_release(lock, MUTEX_PUSH_LOCK, KeGetCurrentThread())) {
        leave(lock, shared);
    }
}

void ex_push_lock_abandon(PEX_PUSH_LOCK lock, bool shared)
{
    leave(lock, shared);
}

/* Makes a free push lock.  Any IRQL.  nf-wdm-exinitializepushlock. */
VOID NTAPI ExInitializePushLock(PEX_PUSH_LOCK PushLock)
{
    ddi_enter(ExInitializePushLock);
    ke_uses_pageable(PushLock);
    *PushLock = 0;
}

/*
 * Acquires it alone, or with others.  <= APC_LEVEL, with normal APCs disabled.  Who has it already waits for
 * ever.  The flags choose how it is watched over and mean nothing here.  nf-wdm-exacquirepushlockexclusive.
 */
VOID NTAPI ExAcquirePushLockExclusiveEx(PEX_PUSH_LOCK PushLock, ULONG Flags)
{
    ddi_enter(ExAcquirePushLockExclusiveEx);
    (void)Flags;
    acquire(PushLock, false);
}

VOID NTAPI ExAcquirePushLockSharedEx(PEX_PUSH_LOCK PushLock, ULONG Flags)
{
    ddi_enter(ExAcquirePushLockSharedEx);
    (void)Flags;
    acquire(PushLock, true);
}

/* Gives it back.  <= APC_LEVEL.  nf-wdm-exreleasepushlockexclusive. */
VOID NTAPI ExReleasePushLockExclusiveEx(PEX_PUSH_LOCK PushLock, ULONG Flags)
{
    ddi_enter(ExReleasePushLockExclusiveEx);
    (void)Flags;
    release(PushLock, false);
}

VOID NTAPI ExReleasePushLockSharedEx(PEX_PUSH_LOCK PushLock, ULONG Flags)
{
    ddi_enter(ExReleasePushLockSharedEx);
    (void)Flags;
    release(PushLock, true);
}
