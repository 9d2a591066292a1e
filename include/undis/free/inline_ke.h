/*
 * inline_ke.h - the kernel's functions as code of a driver built with `undis cc --free`, which <wdm.h>
 * includes.  Where the driver takes a function's address it gets the library's.
 */
#ifndef UNDIS_FREE_INLINE_KE_H
#define UNDIS_FREE_INLINE_KE_H

#include <undis/free/region.h>

/* Elsewhere the free build's functions are called as the checked one's are. */
#if defined(__x86_64__) && !defined(UNDIS_REGION_TLS)

#include <undis/free/irql.h>
#include <undis/free/spinlock.h>

#define UNDIS_FREE_FUNCTION extern __inline__ __attribute__((__gnu_inline__, __always_inline__))

EXTERN_C_START

/* Binds the driver to this layout of the free build, whatever it calls: the loader refuses it elsewhere. */
extern const char undis_free(layout);
static const void *const undis_free_binding __attribute__((__used__)) = &undis_free(layout);

UNDIS_FREE_FUNCTION KIRQL KeGetCurrentIrql(VOID)
{
    return undis_region_irql();
}

UNDIS_FREE_FUNCTION KIRQL KfRaiseIrql(KIRQL NewIrql)
{
    return undis_irql_raise(NewIrql);
}

UNDIS_FREE_FUNCTION KIRQL KeRaiseIrqlToDpcLevel(VOID)
{
    return undis_irql_raise(DISPATCH_LEVEL);
}

UNDIS_FREE_FUNCTION VOID KeLowerIrql(KIRQL NewIrql)
{
    undis_irql_lower(NewIrql);
}

UNDIS_FREE_FUNCTION KIRQL KeAcquireSpinLockRaiseToDpc(PKSPIN_LOCK SpinLock)
{
    KIRQL old;
    undis_lock_acquire(SpinLock, &old);
    return old;
}

UNDIS_FREE_FUNCTION VOID KeReleaseSpinLock(PKSPIN_LOCK SpinLock, KIRQL NewIrql)
{
    undis_lock_release(SpinLock, NewIrql);
}

UNDIS_FREE_FUNCTION VOID KeAcquireSpinLockAtDpcLevel(PKSPIN_LOCK SpinLock)
{
    undis_lock_take(SpinLock);
}

UNDIS_FREE_FUNCTION VOID KeReleaseSpinLockFromDpcLevel(PKSPIN_LOCK SpinLock)
{
    undis_lock_drop(SpinLock);
}

EXTERN_C_END

#endif
#endif
