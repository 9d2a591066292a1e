/*
 * Sends are completed with NDIS_SEND_COMPLETE_FLAGS_DISPATCH_LEVEL at DISPATCH_LEVEL only.
 * Contexts: entry.  Options: --frames 200.
 */
#define COMPLETE_FLAGS (KeGetCurrentIrql() == DISPATCH_LEVEL ? NDIS_SEND_COMPLETE_FLAGS_DISPATCH_LEVEL : 0)
#include "sender.h"
