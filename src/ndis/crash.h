/*
 * crash.h - what NDIS does to an adapter when the system stops with a bug check.
 */
#ifndef UNDIS_NDIS_CRASH_H
#define UNDIS_NDIS_CRASH_H

#include "ndis/adapter.h"

/*
 * Calls MiniportShutdownEx with NdisShutdownBugCheck, at HIGH_LEVEL; sends, timers, requests are not stopped
 * before it.  Afterwards the adapter is in Shutdown.  From a working adapter only, at PASSIVE_LEVEL.  False:
 * the handler is not to be called, because the miniport is for NDIS 6.30 or later and has not asked for it
 * with NDIS_MINIPORT_ATTRIBUTES_REGISTER_BUGCHECK_CALLBACK.  nc-ndis-miniport_shutdown.
 *
 * What is not guaranteed: on Windows the other processors are frozen by then; here they go on.
 */
bool adapter_crash(struct ndis_adapter *adapter);

#endif
