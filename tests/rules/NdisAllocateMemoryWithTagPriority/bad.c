/*
 * Allocates without a tag.
 * Contexts: entry dpc.
 */
#include "../contexts.h"

static VOID body(VOID)
{
    PVOID block = NdisAllocateMemoryWithTagPriority(NULL, 64, 0, NormalPoolPriority);
    if (block != NULL) {
        NdisFreeMemory(block, 64, 0);
    }
}
