/*
 * npcap, 2021-10: no flag.
 *
 * https://github.com/nmap/npcap/commit/ae0f886866e429a4693547cdcf2e8f0cd2cf010a
 * Verdict: clean.
 */
#include "story.h"

static VOID Attach(VOID)
{
    LookThroughOpens(0);
}
