/*
 * The same context in memory that is not even zeroed.
 *
 * https://github.com/microsoft/xdp-for-windows/commit/b655a93ea71c825c6f2efde942fe955223426a19
 * Verdict: UninitializedRead; no preemption.
 */
#include "story.h"

static struct Context *MakeContext(VOID)
{
    struct Context *ec = ExAllocatePoolUninitialized(NonPagedPoolNx, sizeof(*ec), ZOO_TAG);
    if (ec != NULL) {
        ec->InPoll = FALSE;
    }
    return ec;
}
