/*
 * Sends are completed with NDIS_SEND_COMPLETE_FLAGS_DISPATCH_LEVEL where the level is known.
 * Contexts: entry.  Options: --frames 200.
 */
#define RAISES
#define COMPLETE_FLAGS NDIS_SEND_COMPLETE_FLAGS_DISPATCH_LEVEL
#include "sender.h"
