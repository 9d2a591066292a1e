/*
 * npcap since 2020-08: the next one first.
 *
 * https://github.com/nmap/npcap/commit/283dd3c2e6a9ab0349695684892c11f8f099cdfe
 * Verdict: complete.
 */
#include "story.h"

static VOID Reset(VOID)
{
    PLIST_ENTRY entry = Queue.Flink;
    while (entry != &Queue) {
        struct Captured *packet = CONTAINING_RECORD(entry, struct Captured, Entry);
        entry = entry->Flink;
        ZooFree(packet);
    }
    InitializeListHead(&Queue);
}
