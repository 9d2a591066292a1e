/*
 * tsan.c - what a driver built with `undis cc --instrument` calls at each memory access.
 *
 * The compiler announces plain accesses and then makes them itself; atomic operations it leaves to us.  The
 * free-running engine has no use for the announcements, so those return at once, and the atomics are
 * carried out, all of them sequentially consistent.
 *
 * Not guaranteed: nothing is checked here; accesses are neither recorded nor compared.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

__extension__ typedef unsigned __int128 tsan_uint128;

void __tsan_init(void);
void __tsan_init(void)
{
}

/* ---- plain accesses ---------------------------------------------------------------------------- */

#define ACCESS(name)                                                                                         \
    void __tsan_##name(const volatile void *address);                                                        \
    void __tsan_##name(const volatile void *address)                                                         \
    {                                                                                                        \
        (void)address;                                                                                       \
    }
#define ACCESS_SIZES(prefix) ACCESS(prefix##2) ACCESS(prefix##4) ACCESS(prefix##8) ACCESS(prefix##16)
#define ACCESS_KINDS(prefix)                                                                                 \
    ACCESS(prefix##read1)                                                                                    \
    ACCESS(prefix##write1) ACCESS_SIZES(prefix##read) ACCESS_SIZES(prefix##write)

ACCESS_KINDS()
ACCESS_KINDS(volatile_)
ACCESS_KINDS(unaligned_)
ACCESS_KINDS(unaligned_volatile_)
ACCESS(read_write1)
ACCESS_SIZES(read_write)
ACCESS(unaligned_read_write1)
ACCESS_SIZES(unaligned_read_write)
ACCESS(vptr_read)
ACCESS(func_entry)

#define RANGE(name)                                                                                          \
    void __tsan_##name(const volatile void *address, size_t size);                                           \
    void __tsan_##name(const volatile void *address, size_t size)                                            \
    {                                                                                                        \
        (void)address, (void)size;                                                                           \
    }
RANGE(read_range)
RANGE(write_range)

void __tsan_vptr_update(void **address, void *value);
void __tsan_vptr_update(void **address, void *value)
{
    (void)address, (void)value;
}

void __tsan_func_exit(void);
void __tsan_func_exit(void)
{
}

/* ---- atomics of 8 to 64 bits ------------------------------------------------------------------- */

#define FETCH(bits, type, operation)                                                                         \
    type __tsan_atomic##bits##_fetch_##operation(volatile type *address, type value, int order);             \
    type __tsan_atomic##bits##_fetch_##operation(volatile type *address, type value, int order)              \
    {                                                                                                        \
        (void)order;                                                                                         \
        return __atomic_fetch_##operation(address, value, __ATOMIC_SEQ_CST);                                 \
    }

#define COMPARE(bits, type, name)                                                                            \
    int __tsan_atomic##bits##_compare_exchange_##name(volatile type *address, type *expected, type desired,  \
                                                      int order, int failure);                               \
    int __tsan_atomic##bits##_compare_exchange_##name(volatile type *address, type *expected, type desired,  \
                                                      int order, int failure)                                \
    {                                                                                                        \
        (void)order, (void)failure;                                                                          \
        return __atomic_compare_exchange_n(address, expected, desired, false, __ATOMIC_SEQ_CST,              \
                                           __ATOMIC_SEQ_CST);                                                \
    }

#define ATOMIC(bits, type)                                                                                   \
    type __tsan_atomic##bits##_load(const volatile type *address, int order);                                \
    type __tsan_atomic##bits##_load(const volatile type *address, int order)                                 \
    {                                                                                                        \
        (void)order;                                                                                         \
        return __atomic_load_n(address, __ATOMIC_SEQ_CST);                                                   \
    }                                                                                                        \
    void __tsan_atomic##bits##_store(volatile type *address, type value, int order);                         \
    void __tsan_atomic##bits##_store(volatile type *address, type value, int order)                          \
    {                                                                                                        \
        (void)order;                                                                                         \
        __atomic_store_n(address, value, __ATOMIC_SEQ_CST);                                                  \
    }                                                                                                        \
    type __tsan_atomic##bits##_exchange(volatile type *address, type value, int order);                      \
    type __tsan_atomic##bits##_exchange(volatile type *address, type value, int order)                       \
    {                                                                                                        \
        (void)order;                                                                                         \
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
        __atomic_compare_exchange_n(address, &expected, desired, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST); \
        return expected;                                                                                     \
    }

ATOMIC(8, uint8_t)
ATOMIC(16, uint16_t)
ATOMIC(32, uint32_t)
ATOMIC(64, uint64_t)

/* ---- 128 bits: all by compare and exchange ----------------------------------------------------- */

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
    return wide_swap((volatile tsan_uint128 *)address, 0, 0);
}

void __tsan_atomic128_store(volatile tsan_uint128 *address, tsan_uint128 value, int order);
void __tsan_atomic128_store(volatile tsan_uint128 *address, tsan_uint128 value, int order)
{
    __tsan_atomic128_exchange(address, value, order);
}

tsan_uint128 __tsan_atomic128_compare_exchange_val(volatile tsan_uint128 *address, tsan_uint128 expected,
                                                   tsan_uint128 desired, int order, int failure);
tsan_uint128 __tsan_atomic128_compare_exchange_val(volatile tsan_uint128 *address, tsan_uint128 expected,
                                                   tsan_uint128 desired, int order, int failure)
{
    (void)order, (void)failure;
    return wide_swap(address, expected, desired);
}

#define WIDE_COMPARE(name)                                                                                   \
    int __tsan_atomic128_compare_exchange_##name(volatile tsan_uint128 *address, tsan_uint128 *expected,     \
                                                 tsan_uint128 desired, int order, int failure);              \
    int __tsan_atomic128_compare_exchange_##name(volatile tsan_uint128 *address, tsan_uint128 *expected,     \
                                                 tsan_uint128 desired, int order, int failure)               \
    {                                                                                                        \
        (void)order, (void)failure;                                                                          \
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
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
}

void __tsan_atomic_signal_fence(int order);
void __tsan_atomic_signal_fence(int order)
{
    (void)order;
    __atomic_signal_fence(__ATOMIC_SEQ_CST);
}
