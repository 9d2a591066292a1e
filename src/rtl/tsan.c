/*
 * tsan.c - what a driver built with `undis cc --instrument` calls at each memory access.
 *
 * The compiler announces plain accesses and then makes them itself; atomic operations it leaves to us: they
 * are announced and carried out here, all of them sequentially consistent.  Who listens is ke's business
 * (ke/access.c).
 *
 * Not guaranteed: inline assembly and what the compiler proves to be local is not announced at all.
 */
#include "rtl/tsan.h"

#include "ke/pageable.h"
#include "ke/step.h"

__extension__ typedef unsigned __int128 tsan_uint128;

void __tsan_init(void);
void __tsan_init(void)
{
}

/* ---- announcements ----------------------------------------------------------------------------- */

#if UNDIS_CHECKED
#define CALLER ((uintptr_t)__builtin_return_address(0))
#define READS(size, flags) ke_access(address, (size), (flags), CALLER)
#define WRITES(size, flags) ke_access(address, (size), ACCESS_WRITE | (flags), CALLER)
#define UPDATES(size) ke_access_update(address, (size), false, 0, CALLER)
#define EXCHANGES_IF(size, value) ke_access_update(address, (size), true, (value), CALLER)
#else
#define READS(size, flags) ((void)address)
#define WRITES(size, flags) ((void)address)
#define UPDATES(size) ((void)address)
#define EXCHANGES_IF(size, value) ((void)address)
#endif

#define ACCESS(name, announcement)                                                                           \
    void __tsan_##name(const volatile void *address);                                                        \
    void __tsan_##name(const volatile void *address)                                                         \
    {                                                                                                        \
        announcement;                                                                                        \
    }
#define ACCESS_SIZE(prefix, size, flags)                                                                     \
    ACCESS(prefix##read##size, READS(size, flags))                                                           \
    ACCESS(prefix##write##size, WRITES(size, flags))
#define ACCESS_SIZES(prefix, flags)                                                                          \
    ACCESS_SIZE(prefix, 1, flags)                                                                            \
    ACCESS_SIZE(prefix, 2, flags)                                                                            \
    ACCESS_SIZE(prefix, 4, flags)                                                                            \
    ACCESS_SIZE(prefix, 8, flags)                                                                            \
    ACCESS_SIZE(prefix, 16, flags)
ACCESS_SIZES(, 0)
ACCESS_SIZES(volatile_, ACCESS_VOLATILE)
ACCESS_SIZES(unaligned_, 0)
ACCESS_SIZES(unaligned_volatile_, ACCESS_VOLATILE)

/* Both announced at once, before the read: `undis cc` asks the compilers for two announcements instead. */
#define BOTH(prefix, size) ACCESS(prefix##read_write##size, (READS(size, 0), WRITES(size, 0)))
#define BOTH_SIZES(prefix) BOTH(prefix, 1) BOTH(prefix, 2) BOTH(prefix, 4) BOTH(prefix, 8) BOTH(prefix, 16)
BOTH_SIZES()
BOTH_SIZES(unaligned_)

#define RANGE(name, announcement)                                                                            \
    void __tsan_##name(const volatile void *address, size_t size);                                           \
    void __tsan_##name(const volatile void *address, size_t size)                                            \
    {                                                                                                        \
        (void)size;                                                                                          \
        announcement;                                                                                        \
    }
RANGE(read_range, READS(size, 0))
RANGE(write_range, WRITES(size, 0))

/* A C++ object's pointer to its table of virtual functions. */
ACCESS(vptr_read, READS(sizeof(void *), 0))
void __tsan_vptr_update(void **address, void *value);
void __tsan_vptr_update(void **address, void *value)
{
    (void)value;
    WRITES(sizeof(void *), 0);
}

/* Entering and leaving functions is no access, but what is entered may be pageable. */
void __tsan_func_entry(void *caller);
void __tsan_func_entry(void *caller)
{
    (void)caller;
    ke_pageable_enter((uintptr_t)__builtin_return_address(0));
}

void __tsan_func_exit(void);
void __tsan_func_exit(void)
{
}

/* ---- copies of structures ---------------------------------------------------------------------- */

/*
 * gcc announces `*to = *from` by two calls in a row, the write first, and copies then.  `undis cc` gives the
 * two calls these names (cc_assembly.c).
 */
static volatile void *copy_target; /* between the two calls, where nothing else runs */

#define COPY(suffix, parameters, length)                                                                     \
    void __undis_copy_write##suffix parameters;                                                              \
    void __undis_copy_write##suffix parameters                                                               \
    {                                                                                                        \
        (void)(length);                                                                                      \
        copy_target = (volatile void *)address;                                                              \
    }                                                                                                        \
    void __undis_copy_read##suffix parameters;                                                               \
    void __undis_copy_read##suffix parameters                                                                \
    {                                                                                                        \
        COPIES(length);                                                                                      \
    }
#if UNDIS_CHECKED
#define COPIES(length) tsan_copy(copy_target, address, (length), CALLER)
#else
#define COPIES(length) ((void)address, (void)copy_target, (void)(length))
#endif
#define COPY_SIZE(size) COPY(size, (const volatile void *address), size)
COPY_SIZE(1)
COPY_SIZE(2)
COPY_SIZE(4)
COPY_SIZE(8)
COPY_SIZE(16)
COPY(_range, (const volatile void *address, size_t size), size)

/* ---- atomics of 8 to 64 bits ------------------------------------------------------------------- */

#define FETCH(bits, type, operation)                                                                         \
    type __tsan_atomic##bits##_fetch_##operation(volatile type *address, type value, int order);             \
    type __tsan_atomic##bits##_fetch_##operation(volatile type *address, type value, int order)              \
    {                                                                                                        \
        (void)order;                                                                                         \
        UPDATES(sizeof(type));                                                                               \
        return __atomic_fetch_##operation(address, value, __ATOMIC_SEQ_CST);                                 \
    }

#define COMPARE(bits, type, name)                                                                            \
    int __tsan_atomic##bits##_compare_exchange_##name(volatile type *address, type *expected, type desired,  \
                                                      int order, int failure);                               \
    int __tsan_atomic##bits##_compare_exchange_##name(volatile type *address, type *expected, type desired,  \
                                                      int order, int failure)                                \
    {                                                                                                        \
        (void)order, (void)failure;                                                                          \
        EXCHANGES_IF(sizeof(type), *expected);                                                               \
        return __atomic_compare_exchange_n(address, expected, desired, false, __ATOMIC_SEQ_CST,              \
                                           __ATOMIC_SEQ_CST);                                                \
    }

#define ATOMIC(bits, type)                                                                                   \
    type __tsan_atomic##bits##_load(const volatile type *address, int order);                                \
    type __tsan_atomic##bits##_load(const volatile type *address, int order)                                 \
    {                                                                                                        \
        (void)order;                                                                                         \
        READS(sizeof(type), ACCESS_ATOMIC);                                                                  \
        return __atomic_load_n(address, __ATOMIC_SEQ_CST);                                                   \
    }                                                                                                        \
    void __tsan_atomic##bits##_store(volatile type *address, type value, int order);                         \
    void __tsan_atomic##bits##_store(volatile type *address, type value, int order)                          \
    {                                                                                                        \
        (void)order;                                                                                         \
        WRITES(sizeof(type), ACCESS_ATOMIC);                                                                 \
        __atomic_store_n(address, value, __ATOMIC_SEQ_CST);                                                  \
    }                                                                                                        \
    type __tsan_atomic##bits##_exchange(volatile type *address, type value, int order);                      \
    type __tsan_atomic##bits##_exchange(volatile type *address, type value, int order)                       \
    {                                                                                                        \
        (void)order;                                                                                         \
        UPDATES(sizeof(type));                                                                               \
        return __atomic_exchange_n(address, value, __ATOMIC_SEQ_CST);                                        \
    }                                                                                                        \
    FETCH(bits, type, add)                                                                                   \
    FETCH(bits, type, sub)                                                                                   \
    FETCH(bits, type, and)                                                                                   \
    FETCH(bits, type, or)                                                                                    \
    FETCH(bits, type, xor)                                                                                   \
    FETCH(bits, type, nand)                                                                                  \
    COMPARE(bits, type, strong)                                                                              \
    COMPARE(bits, type, weak)                                                                                \
    type __tsan_atomic##bits##_compare_exchange_val(volatile type *address, type expected, type desired,     \
                                                    int order, int failure);                                 \
    type __tsan_atomic##bits##_compare_exchange_val(volatile type *address, type expected, type desired,     \
                                                    int order, int failure)                                  \
    {                                                                                                        \
        (void)order, (void)failure;                                                                          \
        EXCHANGES_IF(sizeof(type), expected);                                                                \
        __atomic_compare_exchange_n(address, &expected, desired, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST); \
        return expected;                                                                                     \
    }

ATOMIC(8, uint8_t)
ATOMIC(16, uint16_t)
ATOMIC(32, uint32_t)
ATOMIC(64, uint64_t)

/* ---- 128 bits: all by compare and exchange; a failed one still counts as a write ---------------- */

#if defined(__x86_64__)
/* cmpxchg16b by hand: clang turns its own builtin into a call of a function that nobody has. */
static tsan_uint128 wide_swap(volatile tsan_uint128 *address, tsan_uint128 expected, tsan_uint128 desired)
{
    uint64_t low = (uint64_t)expected, high = (uint64_t)(expected >> 64);
    __asm__ volatile("lock cmpxchg16b %0"
                     : "+m"(*address), "+a"(low), "+d"(high)
                     : "b"((uint64_t)desired), "c"((uint64_t)(desired >> 64))
                     : "cc", "memory");
    return (tsan_uint128)high << 64 | low;
}

#define WIDE_FETCH(operation, expression)                                                                    \
    tsan_uint128 __tsan_atomic128_##operation(volatile tsan_uint128 *address, tsan_uint128 value,            \
                                              int order);                                                    \
    tsan_uint128 __tsan_atomic128_##operation(volatile tsan_uint128 *address, tsan_uint128 value, int order) \
    {                                                                                                        \
        (void)order;                                                                                         \
        UPDATES(sizeof(value));                                                                              \
        tsan_uint128 seen = 0, old;                                                                          \
        do {                                                                                                 \
            old = seen;                                                                                      \
            seen = wide_swap(address, old, (expression));                                                    \
        } while (seen != old);                                                                               \
        return old;                                                                                          \
    }
WIDE_FETCH(exchange, value)
WIDE_FETCH(fetch_add, old + value)
WIDE_FETCH(fetch_sub, old - value)
WIDE_FETCH(fetch_and, old &value)
WIDE_FETCH(fetch_or, old | value)
WIDE_FETCH(fetch_xor, old ^ value)
WIDE_FETCH(fetch_nand, ~(old &value))

tsan_uint128 __tsan_atomic128_load(const volatile tsan_uint128 *address, int order);
tsan_uint128 __tsan_atomic128_load(const volatile tsan_uint128 *address, int order)
{
    (void)order;
    READS(sizeof(*address), ACCESS_ATOMIC);
    return wide_swap((volatile tsan_uint128 *)address, 0, 0);
}

void __tsan_atomic128_store(volatile tsan_uint128 *address, tsan_uint128 value, int order);
void __tsan_atomic128_store(volatile tsan_uint128 *address, tsan_uint128 value, int order)
{
    (void)order;
    WRITES(sizeof(*address), ACCESS_ATOMIC);
    tsan_uint128 seen = 0, old;
    do {
        old = seen;
        seen = wide_swap(address, old, value);
    } while (seen != old);
}

tsan_uint128 __tsan_atomic128_compare_exchange_val(volatile tsan_uint128 *address, tsan_uint128 expected,
                                                   tsan_uint128 desired, int order, int failure);
tsan_uint128 __tsan_atomic128_compare_exchange_val(volatile tsan_uint128 *address, tsan_uint128 expected,
                                                   tsan_uint128 desired, int order, int failure)
{
    (void)order, (void)failure;
    UPDATES(sizeof(desired));
    return wide_swap(address, expected, desired);
}

#define WIDE_COMPARE(name)                                                                                   \
    int __tsan_atomic128_compare_exchange_##name(volatile tsan_uint128 *address, tsan_uint128 *expected,     \
                                                 tsan_uint128 desired, int order, int failure);              \
    int __tsan_atomic128_compare_exchange_##name(volatile tsan_uint128 *address, tsan_uint128 *expected,     \
                                                 tsan_uint128 desired, int order, int failure)               \
    {                                                                                                        \
        (void)order, (void)failure;                                                                          \
        UPDATES(sizeof(desired));                                                                            \
        tsan_uint128 seen = wide_swap(address, *expected, desired);                                          \
        bool equal = seen == *expected;                                                                      \
        *expected = seen;                                                                                    \
        return equal;                                                                                        \
    }
WIDE_COMPARE(strong)
WIDE_COMPARE(weak)
#endif

/* ---- fences ------------------------------------------------------------------------------------ */

void __tsan_atomic_thread_fence(int order);
void __tsan_atomic_thread_fence(int order)
{
    (void)order;
    ke_fences();
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
}

void __tsan_atomic_signal_fence(int order);
void __tsan_atomic_signal_fence(int order)
{
    (void)order;
    __atomic_signal_fence(__ATOMIC_SEQ_CST);
}
