/*
 * Memory of NdisAllocateMemoryWithTag is never freed.
 * Contexts: entry thread dpc.
 */
#include "../contexts.h"

static VOID body(VOID)
{
    PVOID block;
    NdisAllocateMemoryWithTag(&block, 100, 'kael');
    NdisZeroMemory(block, 100);
}
