/*
 * memory.c - memory operations that are functions, and random numbers.
 */
#include "ke/processor.h"

#include <string.h>

/* How many bytes agree, counted from the start.  Any IRQL.  nf-wdm-rtlcomparememory. */
SIZE_T NTAPI RtlCompareMemory(const VOID *Source1, const VOID *Source2, SIZE_T Length)
{
    SIZE_T same = 0;
    while (same < Length && ((const char *)Source1)[same] == ((const char *)Source2)[same]) {
        same++;
    }
    return same;
}

/* Zeroes in a way that no compiler drops.  Any IRQL.  nf-wdm-rtlsecurezeromemory. */
PVOID NTAPI RtlSecureZeroMemory(PVOID Destination, SIZE_T Length)
{
    memset(Destination, 0, Length);
    __asm__ volatile("" : : "r"(Destination) : "memory");
    return Destination;
}

/*
 * A number below MAXLONG that depends on nothing but the seed, which is replaced.  Any IRQL.  Not Windows'
 * sequence. nf-ntddk-rtlrandomex.
 */
ULONG NTAPI RtlRandomEx(PULONG Seed)
{
    uint64_t mixed = (uint64_t)*Seed + UINT64_C(0x9e3779b97f4a7c15);
    mixed = (mixed ^ mixed >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    mixed = (mixed ^ mixed >> 27) * UINT64_C(0x94d049bb133111eb);
    mixed ^= mixed >> 31;
    *Seed = (ULONG)(mixed >> 32);
    return (ULONG)(mixed % MAXLONG);
}

ULONG NTAPI RtlRandom(PULONG Seed)
{
    return RtlRandomEx(Seed);
}
