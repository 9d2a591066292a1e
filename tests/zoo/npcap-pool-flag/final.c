/*
 * npcap, 2020-07: told what is true.
 *
 * https://github.com/nmap/npcap/commit/f378c808d15c7d2c4eabe1af13a881938c1f82f8
 * Verdict: clean.
 */
#include "story.h"

static VOID Read(VOID)
{
    ReadAnd(TRUE);
}
