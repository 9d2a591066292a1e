/*
 * Each message has a lock of its own, so the service routines of two run side by side (MS-6).
 * Verdict: DataRace; no preemption.
 */
#define CARD_SYNC_MESSAGES FALSE
#include "story.h"
