/*
 * npcap, before 2020-08: the walk goes on from a packet that it has just returned to the pool.
 *
 * https://github.com/nmap/npcap/commit/283dd3c2e6a9ab0349695684892c11f8f099cdfe
 * Verdict: PoolUseAfterFree; no preemption.
 */
#include "story.h"

static VOID Reset(VOID)
{
    for (PLIST_ENTRY entry = Queue.Flink; entry != &Queue; entry = entry->Flink) {
        ZooFree(CONTAINING_RECORD(entry, struct Captured, Entry));
    }
    InitializeListHead(&Queue);
}
