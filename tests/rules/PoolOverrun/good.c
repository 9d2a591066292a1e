/*
 * Blocks of every small size are written from their first to their last byte, by the byte and at once.
 * Contexts: entry thread dpc.  Accesses: instrumented.
 */
#include "../contexts.h"

static VOID Use(ULONG Size)
{
    PUCHAR block = ExAllocatePoolWithTag(NonPagedPoolNx, Size, 'revo');
    PUCHAR beside = ExAllocatePoolWithTag(NonPagedPoolNx, Size + 7, 'revo');
    if (block != NULL && beside != NULL) {
        for (ULONG i = 0; i < Size; i++) {
            block[i] = (UCHAR)i;
        }
        RtlFillMemory(beside, Size + 7, 3);
        RtlCopyMemory(beside + 7, block, Size);
        RtlZeroMemory(block, Size);
    }
    if (block != NULL) {
        ExFreePoolWithTag(block, 'revo');
    }
    if (beside != NULL) {
        ExFreePoolWithTag(beside, 'revo');
    }
}

static VOID body(VOID)
{
    for (ULONG size = 1; size < 200; size++) {
        Use(size);
    }
    Use(4096);
    Use(4097);
    Use(100000);
}
