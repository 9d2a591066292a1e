/*
 * Sends are completed with NDIS_SEND_COMPLETE_FLAGS_DISPATCH_LEVEL below DISPATCH_LEVEL.
 * Contexts: entry.  Options: --frames 200.
 */
#define COMPLETE_FLAGS NDIS_SEND_COMPLETE_FLAGS_DISPATCH_LEVEL
#include "sender.h"
