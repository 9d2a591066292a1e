/*
 * npcap, 2016-03-18: compares memory, which is allowed anywhere, but the names are in paged pool.  (That "the
 * same" now depends on upper and lower case was noticed, too.)
 *
 * https://github.com/nmap/npcap/commit/5ca09052003abd1d3fd9abaf175933f7de83dccb
 * Verdict: PagedAtDispatch.
 */
#define NAME_POOL PagedPool
#include "story.h"

static BOOLEAN EqualName(PUNICODE_STRING S1, PUNICODE_STRING S2)
{
    return RtlEqualMemory(S1->Buffer, S2->Buffer, S2->Length);
}
