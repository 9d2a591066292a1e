/*
 * Allocates with a tag.
 * Contexts: entry dpc.
 */
#include "../contexts.h"

static VOID body(VOID)
{
    PVOID block = NdisAllocateMemoryWithTagPriority(NULL, 64, 'gatU', NormalPoolPriority);
    if (block != NULL) {
        NdisFreeMemory(block, 64, 0);
    }
}
