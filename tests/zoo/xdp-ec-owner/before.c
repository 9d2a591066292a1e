/*
 * xdp, before 2023-06: nobody said to whom a new context belongs.  Its memory is zero, so it belongs to
 * processor 0 until its DPC has run for the first time, on another one: a thread on processor 0 polls in line
 * beside that DPC.
 *
 * https://github.com/microsoft/xdp-for-windows/commit/b655a93ea71c825c6f2efde942fe955223426a19
 * Verdict: AssertionFailed; 2 processors.
 */
#include "story.h"

static struct Context *MakeContext(VOID)
{
    return ZooAllocate(sizeof(struct Context));
}
