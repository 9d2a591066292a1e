/*
 * The messages are serialised.  Verdict: complete.
 */
#define CARD_SYNC_MESSAGES TRUE
#include "story.h"
