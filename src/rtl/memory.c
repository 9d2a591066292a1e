/*
 * memory.c - memory operations that are functions, and random numbers.
 */
#include "rtl/kept.h"

#include "ke/ddi.h"
#include "ke/processor.h"

/* How many bytes agree, counted from the start.  Any IRQL.  nf-wdm-rtlcomparememory. */
SIZE_T NTAPI RtlCompareMemory(const VOID *Source1, const VOID *Source2, SIZE_T Length)
{
    ddi_enter(RtlCompareMemory);
    struct kept kept;
    SIZE_T same = 0;
    ke_reads(Source1, Length);
    Source1 = kept_take(&kept, Source1, Length);
    ke_reads(Source2, Length);
    while (same < Length && ((const char *)Source1)[same] == ((const char *)Source2)[same]) {
        same++;
    }
    kept_drop(&kept);
    return same;
}

/* Zeroes in a way that no compiler drops.  Any IRQL.  nf-wdm-rtlsecurezeromemory. */
PVOID NTAPI RtlSecureZeroMemory(PVOID Destination, SIZE_T Length)
{
    ddi_enter(RtlSecureZeroMemory);
    ke_writes(Destination, Length);
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
    ddi_enter(RtlRandomEx);
    ke_reads(Seed, sizeof(*Seed));
    uint64_t mixed = (uint64_t)*Seed + UINT64_C(0x9e3779b97f4a7c15);
    mixed = (mixed ^ mixed >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    mixed = (mixed ^ mixed >> 27) * UINT64_C(0x94d049bb133111eb);
    mixed ^= mixed >> 31;
    ke_writes(Seed, sizeof(*Seed));
    *Seed = (ULONG)(mixed >> 32);
    return (ULONG)(mixed % MAXLONG);
}

ULONG NTAPI RtlRandom(PULONG Seed)
{
    ddi_enter(RtlRandom);
    return RtlRandomEx(Seed);
}
