/*
 * xdp since 2023-06: a new context belongs to the processor that its DPC is targeted at.
 *
 * https://github.com/microsoft/xdp-for-windows/commit/b655a93ea71c825c6f2efde942fe955223426a19
 * Verdict: complete.
 */
#include "story.h"

static struct Context *MakeContext(VOID)
{
    struct Context *ec = ZooAllocate(sizeof(*ec));
    if (ec != NULL) {
        ec->OwningProcessor = IDEAL_PROCESSOR;
    }
    return ec;
}
