/*
 * region.h - the head of a processor's control region, which the GS base points at, and what code of the free
 * build does with it.
 *
 * The headers in this directory are the quick sides of functions that the library exports.  The library's
 * free build is compiled from them, and so is a driver built with `undis cc --free`: there they are inlined,
 * and what is left to the library is called by names that say which layout both were built with.  They are
 * no interface: a driver includes <wdm.h> or <ndis.h>.  C and C++, after <ntdef.h>.
 */
#ifndef UNDIS_FREE_REGION_H
#define UNDIS_FREE_REGION_H

#include <stdint.h>

#ifdef __cplusplus
#define UNDIS_FREE_ASSERT(holds, text) static_assert(holds, text)
#else
#define UNDIS_FREE_ASSERT(holds, text) _Static_assert(holds, text)
#endif
#define UNDIS_FREE_INLINE static __inline__ __attribute__((__unused__, __always_inline__))
#define undis_likely(holds) __builtin_expect(!!(holds), 1)
#define undis_unlikely(holds) __builtin_expect(!!(holds), 0)

/*
 * Raise it whenever code compiled from these headers before and after would not do together: an offset, a
 * lock's words, what a quick side leaves to a slow one.
 */
#define UNDIS_FREE_LAYOUT 2

/* undis_free(NAME): what libundis-free exports for inlined code: undis_free_2_NAME. */
#define undis_free_join(layout, name) undis_free_##layout##_##name
#define undis_free_expand(layout, name) undis_free_join(layout, name)
#define undis_free(name) undis_free_expand(UNDIS_FREE_LAYOUT, name)

/*
 * Where things are in the region: bytes from its beginning.  What a pair of locks stores, it stores as four
 * or eight bytes: the processor that this was measured on (AMD, family 25) takes 2.5 cycles for a store of
 * one or two bytes, and 1 for more.
 */
#define UNDIS_REGION_IRQL 8          /* uint8_t, and three bytes that are 0 */
#define UNDIS_REGION_READING 12      /* uint32_t: the lock that the processor reads under, or 0 (rwlock.h) */
#define UNDIS_REGION_NUMBER 16       /* uint32_t: the processor's */
#define UNDIS_REGION_PENDING 20      /* uint32_t: bit L is set when something waits for IRQL to be below L */
#define UNDIS_REGION_LOCK_ENTRIES 48 /* int32_t: into shared locks, until one of them is looked at */
#define UNDIS_REGION_LOCK_OWNER 52   /* uint8_t: the processor's name in locks that are biased to it */

#if defined(__x86_64__) && !defined(UNDIS_REGION_TLS)

/*
 * A thread may go on on another processor whenever IRQL is below DISPATCH_LEVEL: nothing is kept in a
 * register over such a moment, and each function is one instruction.
 */
UNDIS_FREE_INLINE uint8_t undis_region_irql(void)
{
    uint32_t irql; /* all of a register: a part of one would wait for the rest */
    __asm__ volatile("movzbl %%gs:%c1, %0" : "=r"(irql) : "i"(UNDIS_REGION_IRQL) : "memory");
    return (uint8_t)irql;
}

UNDIS_FREE_INLINE void undis_region_irql_store(uint8_t irql)
{
    __asm__ volatile("movl %0, %%gs:%c1" ::"ri"((uint32_t)irql), "i"(UNDIS_REGION_IRQL) : "memory");
}

UNDIS_FREE_INLINE uint32_t undis_region_reading(void)
{
    uint32_t lock;
    __asm__ volatile("movl %%gs:%c1, %0" : "=r"(lock) : "i"(UNDIS_REGION_READING) : "memory");
    return lock;
}

UNDIS_FREE_INLINE void undis_region_reading_store(uint32_t lock)
{
    __asm__ volatile("movl %0, %%gs:%c1" ::"ri"(lock), "i"(UNDIS_REGION_READING) : "memory");
}

/* IRQL, and what is read under, by one store: the first in the low half, the other in the high one. */
UNDIS_FREE_INLINE void undis_region_irql_reading_store(uint64_t both)
{
    __asm__ volatile("movq %0, %%gs:%c1" ::"re"(both), "i"(UNDIS_REGION_IRQL) : "memory");
}

UNDIS_FREE_INLINE uint8_t undis_region_lock_owner(void)
{
    uint32_t owner;
    __asm__ volatile("movzbl %%gs:%c1, %0" : "=r"(owner) : "i"(UNDIS_REGION_LOCK_OWNER) : "memory");
    return (uint8_t)owner;
}

/* Counts one; true: the count is below zero. */
UNDIS_FREE_INLINE int undis_region_lock_entered(void)
{
    int due;
    __asm__ volatile("decl %%gs:%c1" : "=@ccs"(due) : "i"(UNDIS_REGION_LOCK_ENTRIES) : "memory");
    return due;
}

UNDIS_FREE_INLINE uintptr_t undis_region_number(void)
{
    uintptr_t number;
    __asm__ volatile("movl %%gs:%c1, %k0" : "=r"(number) : "i"(UNDIS_REGION_NUMBER));
    return number;
}

UNDIS_FREE_INLINE uint32_t undis_region_pending(void)
{
    uint32_t pending;
    __asm__ volatile("movl %%gs:%c1, %0" : "=r"(pending) : "i"(UNDIS_REGION_PENDING) : "memory");
    return pending;
}

#endif
#endif
