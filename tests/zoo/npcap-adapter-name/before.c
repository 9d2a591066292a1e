/*
 * npcap, before 2016-03: RtlEqualUnicodeString, which is for PASSIVE_LEVEL.
 *
 * https://github.com/nmap/npcap/commit/5ca09052003abd1d3fd9abaf175933f7de83dccb
 * Verdict: IrqlTooHigh.
 */
#define NAME_POOL NonPagedPoolNx
#include "story.h"

static BOOLEAN EqualName(PUNICODE_STRING S1, PUNICODE_STRING S2)
{
    return RtlEqualUnicodeString(S1, S2, TRUE);
}
