/*
 * npcap, 2016-04: prints the result only.
 *
 * https://github.com/nmap/npcap/commit/f835a235b14ccebce3eb6dea7f10ce4fbf9c712f
 * Verdict: clean.
 */
#define NAME_POOL NonPagedPoolNx
#include "print.h"

static BOOLEAN EqualName(PUNICODE_STRING S1, PUNICODE_STRING S2)
{
    BOOLEAN same = Compare(S1, S2);
    DbgPrint("EqualName: %d\n", same);
    return same;
}
