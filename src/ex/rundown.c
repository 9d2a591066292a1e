/*
 * rundown.c - run-down protection: users of an object come and go until its owner waits for the last one.
 *
 * Count is Windows': bit 0 says that the run-down has begun, each user counts 2.  While somebody waits, the
 * rest of the word is the address of what he waits on, with bit 0 set.
 */
#include "ke/ddi.h"
#include "ke/observer.h"

#define RUNDOWN_ACTIVE ((ULONG_PTR)1)
#define RUNDOWN_USER ((ULONG_PTR)2)

struct rundown_wait {
    volatile ULONG_PTR users;
    KEVENT gone;
} __attribute__((aligned(16)));

static ULONG_PTR load(PEX_RUNDOWN_REF reference)
{
    return __atomic_load_n(&reference->Count, __ATOMIC_SEQ_CST);
}

static bool replace(PEX_RUNDOWN_REF reference, ULONG_PTR *seen, ULONG_PTR value)
{
    return __atomic_compare_exchange_n(&reference->Count, seen, value, false, __ATOMIC_SEQ_CST,
                                       __ATOMIC_SEQ_CST);
}

/* Makes a reference that nobody uses.  Any IRQL.  nf-wdm-exinitializerundownprotection. */
VOID NTAPI ExInitializeRundownProtection(PEX_RUNDOWN_REF RunRef)
{
    ddi_enter(ExInitializeRundownProtection);
    ke_synchronizes(RunRef);
    __atomic_store_n(&RunRef->Count, 0, __ATOMIC_SEQ_CST);
}

/* Makes it usable again after a run-down.  Any IRQL.  nf-wdm-exreinitializerundownprotection. */
VOID NTAPI ExReInitializeRundownProtection(PEX_RUNDOWN_REF RunRef)
{
    ddi_enter(ExReInitializeRundownProtection);
    ke_synchronizes(RunRef);
    __atomic_store_n(&RunRef->Count, 0, __ATOMIC_SEQ_CST);
}

static bool acquire(PEX_RUNDOWN_REF reference, ULONG count)
{
    ke_synchronizes(reference);
    ULONG_PTR seen = load(reference);
    while (!(seen & RUNDOWN_ACTIVE)) {
        if (replace(reference, &seen, seen + count * RUNDOWN_USER)) {
            return true;
        }
    }
    return false;
}

/* Becomes a user; FALSE once the run-down has begun.  <= DISPATCH_LEVEL.  nf-wdm-exacquirerundownprotection.
 */
BOOLEAN NTAPI ExAcquireRundownProtection(PEX_RUNDOWN_REF RunRef)
{
    ddi_enter(ExAcquireRundownProtection);
    return acquire(RunRef, 1);
}

/* Becomes that many.  nf-wdm-exacquirerundownprotectionex. */
BOOLEAN NTAPI ExAcquireRundownProtectionEx(PEX_RUNDOWN_REF RunRef, ULONG Count)
{
    ddi_enter(ExAcquireRundownProtectionEx);
    return acquire(RunRef, Count);
}

static void release(PEX_RUNDOWN_REF reference, ULONG count)
{
    ke_synchronizes(reference);
    ULONG_PTR seen = load(reference);
    while (!(seen & RUNDOWN_ACTIVE)) {
        if (replace(reference, &seen, seen - count * RUNDOWN_USER)) {
            return;
        }
    }
    struct rundown_wait *wait = (struct rundown_wait *)(seen & ~RUNDOWN_ACTIVE);
    if (__atomic_sub_fetch(&wait->users, count, __ATOMIC_SEQ_CST) == 0) {
        KeSetEvent(&wait->gone, 0, FALSE);
    }
}

/* Stops being a user; the last one wakes who waits.  <= DISPATCH_LEVEL.  nf-wdm-exreleaserundownprotection.
 */
VOID NTAPI ExReleaseRundownProtection(PEX_RUNDOWN_REF RunRef)
{
    ddi_enter(ExReleaseRundownProtection);
    release(RunRef, 1);
}

/* Stops being that many.  nf-wdm-exreleaserundownprotectionex. */
VOID NTAPI ExReleaseRundownProtectionEx(PEX_RUNDOWN_REF RunRef, ULONG Count)
{
    ddi_enter(ExReleaseRundownProtectionEx);
    release(RunRef, Count);
}

/* Begins the run-down and waits for the last user.  <= APC_LEVEL.  nf-wdm-exwaitforrundownprotectionrelease.
 */
VOID NTAPI ExWaitForRundownProtectionRelease(PEX_RUNDOWN_REF RunRef)
{
    ddi_enter(ExWaitForRundownProtectionRelease);
    ke_synchronizes(RunRef);
    struct rundown_wait wait;
    KeInitializeEvent(&wait.gone, SynchronizationEvent, FALSE);
    ULONG_PTR seen = load(RunRef);
    for (;;) {
        if (seen & RUNDOWN_ACTIVE) {
            return; /* completed already */
        }
        wait.users = seen / RUNDOWN_USER;
        ULONG_PTR next = seen == 0 ? RUNDOWN_ACTIVE : (ULONG_PTR)&wait | RUNDOWN_ACTIVE;
        if (replace(RunRef, &seen, next)) {
            break;
        }
    }
    if (seen != 0) {
        KeWaitForSingleObject(&wait.gone, Executive, KernelMode, FALSE, NULL);
    }
}

/* Marks the run-down as over, so that a later wait returns at once.  Any IRQL.  nf-wdm-exrundowncompleted. */
VOID NTAPI ExRundownCompleted(PEX_RUNDOWN_REF RunRef)
{
    ddi_enter(ExRundownCompleted);
    ke_synchronizes(RunRef);
    __atomic_store_n(&RunRef->Count, RUNDOWN_ACTIVE, __ATOMIC_SEQ_CST);
}
