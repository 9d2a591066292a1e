/*
 * What a driver can do about it, ours: some frames, then the DPC is queued again for the rest.
 *
 * Verdict: clean.
 */
#include "story.h"

#define FRAMES_A_DPC 32

static VOID ReceiveFrames(VOID)
{
    for (ULONG i = 0; i < FRAMES_A_DPC && Received < FRAMES; i++) {
        Tap();
    }
    if (Received < FRAMES) {
        KeInsertQueueDpc(&Dpc, NULL, NULL);
    }
}
