/*
 * bitmap.c - bitmaps in the caller's storage, which the caller locks.  Any IRQL.
 */
#include "ke/ddi.h"
#include "ke/processor.h"

#include <string.h>

/* Makes a bitmap over the caller's buffer, as it is.  nf-wdm-rtlinitializebitmap. */
VOID NTAPI RtlInitializeBitMap(PRTL_BITMAP BitMapHeader, PULONG BitMapBuffer, ULONG SizeOfBitMap)
{
    ddi_enter(RtlInitializeBitMap);
    BitMapHeader->SizeOfBitMap = SizeOfBitMap;
    BitMapHeader->Buffer = BitMapBuffer;
}

static void set_all(RTL_BITMAP *map, UCHAR with)
{
    memset(map->Buffer, with, (map->SizeOfBitMap + 31) / 32 * sizeof(ULONG));
}

VOID NTAPI RtlClearAllBits(PRTL_BITMAP BitMapHeader)
{
    ddi_enter(RtlClearAllBits);
    set_all(BitMapHeader, 0);
}

VOID NTAPI RtlSetAllBits(PRTL_BITMAP BitMapHeader)
{
    ddi_enter(RtlSetAllBits);
    set_all(BitMapHeader, 0xFF);
}

/* One bit; FALSE outside of the map.  nf-wdm-rtltestbit. */
BOOLEAN NTAPI RtlTestBit(PRTL_BITMAP BitMapHeader, ULONG BitNumber)
{
    ddi_enter(RtlTestBit);
    return BitNumber < BitMapHeader->SizeOfBitMap &&
           (BitMapHeader->Buffer[BitNumber / 32] >> BitNumber % 32 & 1) != 0;
}

/* One bit; outside of the map nothing.  nf-wdm-rtlsetbit, nf-wdm-rtlclearbit. */
VOID NTAPI RtlSetBit(PRTL_BITMAP BitMapHeader, ULONG BitNumber)
{
    ddi_enter(RtlSetBit);
    RtlSetBits(BitMapHeader, BitNumber, 1);
}

VOID NTAPI RtlClearBit(PRTL_BITMAP BitMapHeader, ULONG BitNumber)
{
    ddi_enter(RtlClearBit);
    RtlClearBits(BitMapHeader, BitNumber, 1);
}

/* The number of the lowest, of the highest bit that is set, -1 for none.  nf-wdm-rtlfindleastsignificantbit,
 * nf-wdm-rtlfindmostsignificantbit. */
CCHAR NTAPI RtlFindLeastSignificantBit(ULONGLONG Set)
{
    ddi_enter(RtlFindLeastSignificantBit);
    return Set == 0 ? -1 : (CCHAR)__builtin_ctzll(Set);
}

CCHAR NTAPI RtlFindMostSignificantBit(ULONGLONG Set)
{
    ddi_enter(RtlFindMostSignificantBit);
    return Set == 0 ? -1 : (CCHAR)(63 - __builtin_clzll(Set));
}

/* A run of bits; what lies outside of the map is left alone.  nf-wdm-rtlsetbits, nf-wdm-rtlclearbits. */
VOID NTAPI RtlSetBits(PRTL_BITMAP BitMapHeader, ULONG StartingIndex, ULONG NumberToSet)
{
    ddi_enter(RtlSetBits);
    for (ULONG i = 0; i < NumberToSet && StartingIndex + i < BitMapHeader->SizeOfBitMap; i++) {
        BitMapHeader->Buffer[(StartingIndex + i) / 32] |= 1u << (StartingIndex + i) % 32;
    }
}

VOID NTAPI RtlClearBits(PRTL_BITMAP BitMapHeader, ULONG StartingIndex, ULONG NumberToClear)
{
    ddi_enter(RtlClearBits);
    for (ULONG i = 0; i < NumberToClear && StartingIndex + i < BitMapHeader->SizeOfBitMap; i++) {
        BitMapHeader->Buffer[(StartingIndex + i) / 32] &= ~(1u << (StartingIndex + i) % 32);
    }
}

/* The first run of `count` clear bits in [from, to), or MAXULONG. */
static ULONG find_clear(RTL_BITMAP *map, ULONG count, ULONG from, ULONG to)
{
    ULONG run = 0;
    for (ULONG bit = from; bit < to; bit++) {
        run = RtlTestBit(map, bit) ? 0 : run + 1;
        if (run == count) {
            return bit + 1 - count;
        }
    }
    return MAXULONG;
}

/*
 * Finds that many clear bits in a row, from the hint on and then from the start, and sets them.  Their first
 * one's number, or 0xFFFFFFFF.  nf-wdm-rtlfindclearbitsandset.
 */
ULONG NTAPI RtlFindClearBitsAndSet(PRTL_BITMAP BitMapHeader, ULONG NumberToFind, ULONG HintIndex)
{
    ddi_enter(RtlFindClearBitsAndSet);
    ULONG hint = HintIndex < BitMapHeader->SizeOfBitMap ? HintIndex : 0;
    if (NumberToFind == 0) {
        return hint & ~7u;
    }
    ULONG found = find_clear(BitMapHeader, NumberToFind, hint, BitMapHeader->SizeOfBitMap);
    if (found == MAXULONG) {
        found = find_clear(BitMapHeader, NumberToFind, 0, BitMapHeader->SizeOfBitMap);
    }
    if (found != MAXULONG) {
        RtlSetBits(BitMapHeader, found, NumberToFind);
    }
    return found;
}

ULONG NTAPI RtlNumberOfSetBits(PRTL_BITMAP BitMapHeader)
{
    ddi_enter(RtlNumberOfSetBits);
    ULONG count = 0;
    for (ULONG bit = 0; bit < BitMapHeader->SizeOfBitMap; bit++) {
        count += RtlTestBit(BitMapHeader, bit);
    }
    return count;
}
