/*
 * npcap, before 2021-10: NDIS_RWL_AT_DISPATCH_LEVEL came along with the lines that were copied.
 *
 * https://github.com/nmap/npcap/commit/ae0f886866e429a4693547cdcf2e8f0cd2cf010a
 * Verdict: SpinLockBelowDispatch.
 */
#include "story.h"

static VOID Attach(VOID)
{
    LookThroughOpens(NDIS_RWL_AT_DISPATCH_LEVEL);
}
