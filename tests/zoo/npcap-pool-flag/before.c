/*
 * npcap, before 2020-07: the pool is told "not at DISPATCH_LEVEL" by somebody who holds a reader-writer lock,
 * and therefore is.  It looks as wrong as the opposite and is only slower.
 *
 * https://github.com/nmap/npcap/commit/f378c808d15c7d2c4eabe1af13a881938c1f82f8
 * Verdict: clean.
 */
#include "story.h"

static VOID Read(VOID)
{
    ReadAnd(FALSE);
}
