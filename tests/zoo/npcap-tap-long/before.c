/*
 * npcap 0.99 and later: as many frames as the card has, in one go.  With enough filters, a long one, or a
 * burst, that is too long for a DPC.
 *
 * https://github.com/nmap/npcap/issues/381
 * https://github.com/nmap/npcap/issues/245
 * Verdict: Watchdog, as bug check 0x133.
 */
#include "story.h"

static VOID ReceiveFrames(VOID)
{
    while (Received < FRAMES) {
        Tap();
    }
}
