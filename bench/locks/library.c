/*
 * library.c - functions that are called as those of undis are.
 */
#include "library.h"

#include <stdint.h>

static volatile uint32_t word __attribute__((aligned(128)));

void library_nothing(void)
{
    __asm__ volatile("");
}

void library_reset(void)
{
    word = 0;
}

void library_acquire(void)
{
    while (__atomic_exchange_n(&word, 1, __ATOMIC_ACQUIRE) != 0) {
        while (word != 0) {
            __builtin_ia32_pause();
        }
    }
}

void library_release(void)
{
    __atomic_store_n(&word, 0, __ATOMIC_RELEASE);
}
