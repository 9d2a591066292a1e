/*
 * intrin.h - interlocked operations and the other compiler intrinsics that drivers use.
 *
 * All interlocked functions are full barriers, as on x64.  They are inline, so that an instrumented
 * driver's atomic accesses are seen as such.  The names with a leading underscore are macros, because
 * clang predeclares functions of these names.
 */
#ifndef UNDIS_WDM_INTRIN_H
#define UNDIS_WDM_INTRIN_H

#include "../ntdef.h"

#include <string.h>

EXTERN_C_START

UNDIS_INLINE LONG InterlockedIncrement(volatile LONG *addend)
{
    return __atomic_add_fetch(addend, 1, __ATOMIC_SEQ_CST);
}
UNDIS_INLINE LONG InterlockedDecrement(volatile LONG *addend)
{
    return __atomic_sub_fetch(addend, 1, __ATOMIC_SEQ_CST);
}
UNDIS_INLINE LONG InterlockedExchange(volatile LONG *target, LONG value)
{
    return __atomic_exchange_n(target, value, __ATOMIC_SEQ_CST);
}
UNDIS_INLINE LONG InterlockedExchangeAdd(volatile LONG *addend, LONG value)
{
    return __atomic_fetch_add(addend, value, __ATOMIC_SEQ_CST);
}
UNDIS_INLINE LONG InterlockedAdd(volatile LONG *addend, LONG value)
{
    return __atomic_add_fetch(addend, value, __ATOMIC_SEQ_CST);
}
UNDIS_INLINE LONG InterlockedCompareExchange(volatile LONG *target, LONG exchange, LONG comparand)
{
    __atomic_compare_exchange_n(target, &comparand, exchange, 0, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
    return comparand;
}
UNDIS_INLINE LONG InterlockedAnd(volatile LONG *target, LONG value)
{
    return __atomic_fetch_and(target, value, __ATOMIC_SEQ_CST);
}
UNDIS_INLINE LONG InterlockedOr(volatile LONG *target, LONG value)
{
    return __atomic_fetch_or(target, value, __ATOMIC_SEQ_CST);
}
UNDIS_INLINE LONG InterlockedXor(volatile LONG *target, LONG value)
{
    return __atomic_fetch_xor(target, value, __ATOMIC_SEQ_CST);
}
UNDIS_INLINE UCHAR InterlockedBitTestAndSet(volatile LONG *base, LONG bit)
{
    volatile LONG *word = base + (bit >> 5);
    LONG mask = (LONG)(1U << (bit & 31));
    return (__atomic_fetch_or(word, mask, __ATOMIC_SEQ_CST) & mask) != 0;
}
UNDIS_INLINE UCHAR InterlockedBitTestAndReset(volatile LONG *base, LONG bit)
{
    volatile LONG *word = base + (bit >> 5);
    LONG mask = (LONG)(1U << (bit & 31));
    return (__atomic_fetch_and(word, ~mask, __ATOMIC_SEQ_CST) & mask) != 0;
}
UNDIS_INLINE UCHAR InterlockedBitTestAndComplement(volatile LONG *base, LONG bit)
{
    volatile LONG *word = base + (bit >> 5);
    LONG mask = (LONG)(1U << (bit & 31));
    return (__atomic_fetch_xor(word, mask, __ATOMIC_SEQ_CST) & mask) != 0;
}

UNDIS_INLINE LONG64 InterlockedIncrement64(volatile LONG64 *addend)
{
    return __atomic_add_fetch(addend, 1, __ATOMIC_SEQ_CST);
}
UNDIS_INLINE LONG64 InterlockedDecrement64(volatile LONG64 *addend)
{
    return __atomic_sub_fetch(addend, 1, __ATOMIC_SEQ_CST);
}
UNDIS_INLINE LONG64 InterlockedExchange64(volatile LONG64 *target, LONG64 value)
{
    return __atomic_exchange_n(target, value, __ATOMIC_SEQ_CST);
}
UNDIS_INLINE LONG64 InterlockedExchangeAdd64(volatile LONG64 *addend, LONG64 value)
{
    return __atomic_fetch_add(addend, value, __ATOMIC_SEQ_CST);
}
UNDIS_INLINE LONG64 InterlockedAdd64(volatile LONG64 *addend, LONG64 value)
{
    return __atomic_add_fetch(addend, value, __ATOMIC_SEQ_CST);
}
UNDIS_INLINE LONG64 InterlockedCompareExchange64(volatile LONG64 *target, LONG64 exchange, LONG64 comparand)
{
    __atomic_compare_exchange_n(target, &comparand, exchange, 0, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
    return comparand;
}
UNDIS_INLINE LONG64 InterlockedAnd64(volatile LONG64 *target, LONG64 value)
{
    return __atomic_fetch_and(target, value, __ATOMIC_SEQ_CST);
}
UNDIS_INLINE LONG64 InterlockedOr64(volatile LONG64 *target, LONG64 value)
{
    return __atomic_fetch_or(target, value, __ATOMIC_SEQ_CST);
}
UNDIS_INLINE LONG64 InterlockedXor64(volatile LONG64 *target, LONG64 value)
{
    return __atomic_fetch_xor(target, value, __ATOMIC_SEQ_CST);
}

UNDIS_INLINE SHORT InterlockedIncrement16(volatile SHORT *addend)
{
    return (SHORT)__atomic_add_fetch(addend, 1, __ATOMIC_SEQ_CST);
}
UNDIS_INLINE SHORT InterlockedDecrement16(volatile SHORT *addend)
{
    return (SHORT)__atomic_sub_fetch(addend, 1, __ATOMIC_SEQ_CST);
}
UNDIS_INLINE SHORT InterlockedExchange16(volatile SHORT *target, SHORT value)
{
    return __atomic_exchange_n(target, value, __ATOMIC_SEQ_CST);
}
UNDIS_INLINE SHORT InterlockedCompareExchange16(volatile SHORT *target, SHORT exchange, SHORT comparand)
{
    __atomic_compare_exchange_n(target, &comparand, exchange, 0, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
    return comparand;
}
UNDIS_INLINE SHORT InterlockedAnd16(volatile SHORT *target, SHORT value)
{
    return __atomic_fetch_and(target, value, __ATOMIC_SEQ_CST);
}
UNDIS_INLINE SHORT InterlockedOr16(volatile SHORT *target, SHORT value)
{
    return __atomic_fetch_or(target, value, __ATOMIC_SEQ_CST);
}
UNDIS_INLINE CHAR InterlockedExchange8(volatile CHAR *target, CHAR value)
{
    return __atomic_exchange_n(target, value, __ATOMIC_SEQ_CST);
}
UNDIS_INLINE CHAR InterlockedAnd8(volatile CHAR *target, CHAR value)
{
    return __atomic_fetch_and(target, value, __ATOMIC_SEQ_CST);
}
UNDIS_INLINE CHAR InterlockedOr8(volatile CHAR *target, CHAR value)
{
    return __atomic_fetch_or(target, value, __ATOMIC_SEQ_CST);
}
UNDIS_INLINE CHAR InterlockedCompareExchange8(volatile CHAR *target, CHAR exchange, CHAR comparand)
{
    __atomic_compare_exchange_n(target, &comparand, exchange, 0, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
    return comparand;
}

UNDIS_INLINE PVOID UndisInterlockedExchangePointer(volatile PVOID *target, PVOID value)
{
    return __atomic_exchange_n(target, value, __ATOMIC_SEQ_CST);
}
UNDIS_INLINE PVOID UndisInterlockedCompareExchangePointer(volatile PVOID *target, PVOID exchange,
                                                          PVOID comparand)
{
    __atomic_compare_exchange_n(target, &comparand, exchange, 0, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
    return comparand;
}
/* Macros, because callers pass pointers to pointers of any type. */
#define InterlockedExchangePointer(target, value)                                                            \
    UndisInterlockedExchangePointer((volatile PVOID *)(target), (PVOID)(value))
#define InterlockedCompareExchangePointer(target, exchange, comparand)                                       \
    UndisInterlockedCompareExchangePointer((volatile PVOID *)(target), (PVOID)(exchange), (PVOID)(comparand))

/* target, 16-byte aligned, takes (high, low) when it equals result[0..1]; result gets what was there. */
UNDIS_INLINE UCHAR InterlockedCompareExchange128(volatile LONG64 *target, LONG64 high, LONG64 low,
                                                 LONG64 *result)
{
#if defined(__x86_64__) && !defined(__GCC_HAVE_SYNC_COMPARE_AND_SWAP_16)
    UCHAR equal;
    __asm__ volatile("lock cmpxchg16b %1; sete %0"
                     : "=q"(equal), "+m"(*(volatile LONG64(*)[2])target), "+a"(result[0]), "+d"(result[1])
                     : "b"(low), "c"(high)
                     : "cc", "memory");
    return equal;
#else
    unsigned __int128 exchange = (unsigned __int128)(ULONG64)high << 64 | (ULONG64)low;
    unsigned __int128 comparand = (unsigned __int128)(ULONG64)result[1] << 64 | (ULONG64)result[0];
    unsigned __int128 old =
        __sync_val_compare_and_swap((volatile unsigned __int128 *)target, comparand, exchange);
    result[0] = (LONG64)(ULONG64)old;
    result[1] = (LONG64)(ULONG64)(old >> 64);
    return old == comparand;
#endif
}

/* Weaker orders on other machines; on x64 each is a full barrier. */
#define InterlockedIncrementAcquire InterlockedIncrement
#define InterlockedIncrementRelease InterlockedIncrement
#define InterlockedIncrementNoFence InterlockedIncrement
#define InterlockedDecrementAcquire InterlockedDecrement
#define InterlockedDecrementRelease InterlockedDecrement
#define InterlockedDecrementNoFence InterlockedDecrement
#define InterlockedExchangeAcquire InterlockedExchange
#define InterlockedExchangeRelease InterlockedExchange
#define InterlockedExchangeNoFence InterlockedExchange
#define InterlockedCompareExchangeAcquire InterlockedCompareExchange
#define InterlockedCompareExchangeRelease InterlockedCompareExchange
#define InterlockedCompareExchangeNoFence InterlockedCompareExchange
#define InterlockedAddAcquire InterlockedAdd
#define InterlockedAddRelease InterlockedAdd
#define InterlockedAddNoFence InterlockedAdd
#define InterlockedExchangeAddAcquire InterlockedExchangeAdd
#define InterlockedExchangeAddRelease InterlockedExchangeAdd
#define InterlockedExchangeAddNoFence InterlockedExchangeAdd
#define InterlockedAndAcquire InterlockedAnd
#define InterlockedAndRelease InterlockedAnd
#define InterlockedAndNoFence InterlockedAnd
#define InterlockedOrAcquire InterlockedOr
#define InterlockedOrRelease InterlockedOr
#define InterlockedOrNoFence InterlockedOr
#define InterlockedXorAcquire InterlockedXor
#define InterlockedXorRelease InterlockedXor
#define InterlockedXorNoFence InterlockedXor
#define InterlockedIncrementAcquire64 InterlockedIncrement64
#define InterlockedIncrementRelease64 InterlockedIncrement64
#define InterlockedIncrementNoFence64 InterlockedIncrement64
#define InterlockedDecrementAcquire64 InterlockedDecrement64
#define InterlockedDecrementRelease64 InterlockedDecrement64
#define InterlockedDecrementNoFence64 InterlockedDecrement64
#define InterlockedExchangeAcquire64 InterlockedExchange64
#define InterlockedExchangeRelease64 InterlockedExchange64
#define InterlockedExchangeNoFence64 InterlockedExchange64
#define InterlockedCompareExchangeAcquire64 InterlockedCompareExchange64
#define InterlockedCompareExchangeRelease64 InterlockedCompareExchange64
#define InterlockedCompareExchangeNoFence64 InterlockedCompareExchange64
#define InterlockedAddAcquire64 InterlockedAdd64
#define InterlockedAddRelease64 InterlockedAdd64
#define InterlockedAddNoFence64 InterlockedAdd64
#define InterlockedExchangeAddAcquire64 InterlockedExchangeAdd64
#define InterlockedExchangeAddRelease64 InterlockedExchangeAdd64
#define InterlockedExchangeAddNoFence64 InterlockedExchangeAdd64
#define InterlockedAndAcquire64 InterlockedAnd64
#define InterlockedAndRelease64 InterlockedAnd64
#define InterlockedAndNoFence64 InterlockedAnd64
#define InterlockedOrAcquire64 InterlockedOr64
#define InterlockedOrRelease64 InterlockedOr64
#define InterlockedOrNoFence64 InterlockedOr64
#define InterlockedXorAcquire64 InterlockedXor64
#define InterlockedXorRelease64 InterlockedXor64
#define InterlockedXorNoFence64 InterlockedXor64
#define InterlockedIncrementAcquire16 InterlockedIncrement16
#define InterlockedIncrementRelease16 InterlockedIncrement16
#define InterlockedIncrementNoFence16 InterlockedIncrement16
#define InterlockedDecrementAcquire16 InterlockedDecrement16
#define InterlockedDecrementRelease16 InterlockedDecrement16
#define InterlockedDecrementNoFence16 InterlockedDecrement16
#define InterlockedExchangeAcquire16 InterlockedExchange16
#define InterlockedExchangeRelease16 InterlockedExchange16
#define InterlockedExchangeNoFence16 InterlockedExchange16
#define InterlockedCompareExchangeAcquire16 InterlockedCompareExchange16
#define InterlockedCompareExchangeRelease16 InterlockedCompareExchange16
#define InterlockedCompareExchangeNoFence16 InterlockedCompareExchange16
#define InterlockedAndAcquire16 InterlockedAnd16
#define InterlockedAndRelease16 InterlockedAnd16
#define InterlockedAndNoFence16 InterlockedAnd16
#define InterlockedOrAcquire16 InterlockedOr16
#define InterlockedOrRelease16 InterlockedOr16
#define InterlockedOrNoFence16 InterlockedOr16
#define InterlockedExchangeAcquire8 InterlockedExchange8
#define InterlockedExchangeRelease8 InterlockedExchange8
#define InterlockedExchangeNoFence8 InterlockedExchange8
#define InterlockedCompareExchangeAcquire8 InterlockedCompareExchange8
#define InterlockedCompareExchangeRelease8 InterlockedCompareExchange8
#define InterlockedCompareExchangeNoFence8 InterlockedCompareExchange8
#define InterlockedAndAcquire8 InterlockedAnd8
#define InterlockedAndRelease8 InterlockedAnd8
#define InterlockedAndNoFence8 InterlockedAnd8
#define InterlockedOrAcquire8 InterlockedOr8
#define InterlockedOrRelease8 InterlockedOr8
#define InterlockedOrNoFence8 InterlockedOr8
#define InterlockedExchangePointerAcquire InterlockedExchangePointer
#define InterlockedExchangePointerRelease InterlockedExchangePointer
#define InterlockedExchangePointerNoFence InterlockedExchangePointer
#define InterlockedCompareExchangePointerAcquire InterlockedCompareExchangePointer
#define InterlockedCompareExchangePointerRelease InterlockedCompareExchangePointer
#define InterlockedCompareExchangePointerNoFence InterlockedCompareExchangePointer
#define InterlockedExchangeAddSizeT(a, b)                                                                    \
    ((SIZE_T)InterlockedExchangeAdd64((volatile LONG64 *)(a), (LONG64)(b)))
#define InterlockedIncrementSizeT(a) ((SIZE_T)InterlockedIncrement64((volatile LONG64 *)(a)))
#define InterlockedDecrementSizeT(a) ((SIZE_T)InterlockedDecrement64((volatile LONG64 *)(a)))
/* The unsigned forms: the same operations on ULONG. */
#define InterlockedIncrementUInt(a) ((ULONG)InterlockedIncrement((volatile LONG *)(a)))
#define InterlockedDecrementUInt(a) ((ULONG)InterlockedDecrement((volatile LONG *)(a)))

#define _InterlockedIncrement InterlockedIncrement
#define _InterlockedDecrement InterlockedDecrement
#define _InterlockedExchange InterlockedExchange
#define _InterlockedExchangeAdd InterlockedExchangeAdd
#define _InterlockedCompareExchange InterlockedCompareExchange
#define _InterlockedAnd InterlockedAnd
#define _InterlockedOr InterlockedOr
#define _InterlockedXor InterlockedXor
#define _InterlockedIncrement16 InterlockedIncrement16
#define _InterlockedDecrement16 InterlockedDecrement16
#define _InterlockedExchange16 InterlockedExchange16
#define _InterlockedCompareExchange16 InterlockedCompareExchange16
#define _InterlockedAnd16 InterlockedAnd16
#define _InterlockedOr16 InterlockedOr16
#define _InterlockedExchange8 InterlockedExchange8
#define _InterlockedAnd8 InterlockedAnd8
#define _InterlockedOr8 InterlockedOr8
#define _InterlockedCompareExchange8 InterlockedCompareExchange8
#define _InterlockedIncrement64 InterlockedIncrement64
#define _InterlockedDecrement64 InterlockedDecrement64
#define _InterlockedExchange64 InterlockedExchange64
#define _InterlockedExchangeAdd64 InterlockedExchangeAdd64
#define _InterlockedCompareExchange64 InterlockedCompareExchange64
#define _InterlockedAnd64 InterlockedAnd64
#define _InterlockedOr64 InterlockedOr64
#define _InterlockedXor64 InterlockedXor64
#define _InterlockedExchangePointer InterlockedExchangePointer
#define _InterlockedCompareExchangePointer InterlockedCompareExchangePointer
#define _InterlockedCompareExchange128 InterlockedCompareExchange128
#define _interlockedbittestandset InterlockedBitTestAndSet
#define _interlockedbittestandreset InterlockedBitTestAndReset

/* ---- barriers and plain accesses that are atomic ----------------------------------------------- */

#define MemoryBarrier() __atomic_thread_fence(__ATOMIC_SEQ_CST)
#define KeMemoryBarrier() __atomic_thread_fence(__ATOMIC_SEQ_CST)
#define KeMemoryBarrierWithoutFence() __atomic_signal_fence(__ATOMIC_SEQ_CST)
#define _ReadWriteBarrier() __atomic_signal_fence(__ATOMIC_SEQ_CST)
#define _ReadBarrier() __atomic_signal_fence(__ATOMIC_ACQUIRE)
#define _WriteBarrier() __atomic_signal_fence(__ATOMIC_RELEASE)

#define UNDIS_PLAIN_ACCESS(suffix, type)                                                                     \
    UNDIS_INLINE type Read##suffix##Acquire(const volatile type *source)                                     \
    {                                                                                                        \
        return __atomic_load_n(source, __ATOMIC_ACQUIRE);                                                    \
    }                                                                                                        \
    UNDIS_INLINE type Read##suffix##NoFence(const volatile type *source)                                     \
    {                                                                                                        \
        return __atomic_load_n(source, __ATOMIC_RELAXED);                                                    \
    }                                                                                                        \
    UNDIS_INLINE type Read##suffix##Raw(const volatile type *source)                                         \
    {                                                                                                        \
        return __atomic_load_n(source, __ATOMIC_RELAXED);                                                    \
    }                                                                                                        \
    UNDIS_INLINE void Write##suffix##Release(volatile type *target, type value)                              \
    {                                                                                                        \
        __atomic_store_n(target, value, __ATOMIC_RELEASE);                                                   \
    }                                                                                                        \
    UNDIS_INLINE void Write##suffix##NoFence(volatile type *target, type value)                              \
    {                                                                                                        \
        __atomic_store_n(target, value, __ATOMIC_RELAXED);                                                   \
    }                                                                                                        \
    UNDIS_INLINE void Write##suffix##Raw(volatile type *target, type value)                                  \
    {                                                                                                        \
        __atomic_store_n(target, value, __ATOMIC_RELAXED);                                                   \
    }
UNDIS_PLAIN_ACCESS(, LONG)
UNDIS_PLAIN_ACCESS(64, LONG64)
UNDIS_PLAIN_ACCESS(UChar, UCHAR)
UNDIS_PLAIN_ACCESS(UShort, USHORT)
UNDIS_PLAIN_ACCESS(ULong, ULONG)
UNDIS_PLAIN_ACCESS(ULong64, ULONG64)
UNDIS_PLAIN_ACCESS(Pointer, PVOID)

/* ---- bits and bytes ---------------------------------------------------------------------------- */

UNDIS_INLINE UCHAR UndisBitScanForward(ULONG *index, ULONG64 mask)
{
    if (mask == 0) {
        return 0;
    }
    *index = (ULONG)__builtin_ctzll(mask);
    return 1;
}
UNDIS_INLINE UCHAR UndisBitScanReverse(ULONG *index, ULONG64 mask)
{
    if (mask == 0) {
        return 0;
    }
    *index = 63U - (ULONG)__builtin_clzll(mask);
    return 1;
}
#define BitScanForward(index, mask) UndisBitScanForward((index), (ULONG)(mask))
#define BitScanReverse(index, mask) UndisBitScanReverse((index), (ULONG)(mask))
#define BitScanForward64(index, mask) UndisBitScanForward((index), (mask))
#define BitScanReverse64(index, mask) UndisBitScanReverse((index), (mask))
#define _BitScanForward BitScanForward
#define _BitScanReverse BitScanReverse
#define _BitScanForward64 BitScanForward64
#define _BitScanReverse64 BitScanReverse64

UNDIS_INLINE USHORT RtlUshortByteSwap(USHORT value)
{
    return __builtin_bswap16(value);
}
UNDIS_INLINE ULONG RtlUlongByteSwap(ULONG value)
{
    return __builtin_bswap32(value);
}
UNDIS_INLINE ULONGLONG RtlUlonglongByteSwap(ULONGLONG value)
{
    return __builtin_bswap64(value);
}
#define _byteswap_ushort(value) RtlUshortByteSwap(value)
#define _byteswap_ulong(value) RtlUlongByteSwap(value)
#define _byteswap_uint64(value) RtlUlonglongByteSwap(value)
#define PopulationCount64(value) ((ULONG64)__builtin_popcountll(value))

#define _ReturnAddress() __builtin_return_address(0)
#define _AddressOfReturnAddress() ((PVOID)((PVOID *)__builtin_frame_address(0) + 1))

#if defined(__x86_64__)
#define YieldProcessor() __builtin_ia32_pause()
#else
#define YieldProcessor() __atomic_signal_fence(__ATOMIC_SEQ_CST)
#endif

EXTERN_C_END

#endif
