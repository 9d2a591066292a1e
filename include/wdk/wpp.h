/*
 * wpp.h - what the trace headers that `undis cc` generates have in common.
 *
 * Trace functions that a driver declares print; messages for a trace session do nothing.
 */
#ifndef UNDIS_WPP_H
#define UNDIS_WPP_H

#include "ntdef.h"

EXTERN_C_START

/* Any IRQL.  Prints a message in WPP's format: printf's, and %!TYPE!. */
VOID UndisTrace(PCSTR Format, ...);

EXTERN_C_END

#define WPP_INIT_TRACING(...) ((void)0)
#define WPP_CLEANUP(...) ((void)0)
#define WPP_SYSTEMCONTROL(...) ((void)0)
#define WPP_LEVEL_ENABLED(...) 0
#define WPP_FLAG_ENABLED(...) 0
#define DoTraceMessage(...) ((void)0)
#define DoTraceLevelMessage(...) ((void)0)

/* The name that drivers give their trace function when the build, not the source, declares it. */
#ifndef DEBUGP
#define DEBUGP(LEVEL, MSG, ...) UndisTrace(MSG, ##__VA_ARGS__)
#endif

#endif
