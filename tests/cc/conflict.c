/*
 * conflict.c - MSVC warns where gcc and clang stop; a header included by force renames the declaration away.
 */
#include <ntddk.h>
#ifndef CONFLICT_SEEN
#include "conflict.h"
#endif

ULONG Value(ULONG x)
{
    return x + 1;
}
