/*
 * tap-windows6, 2014-02: an interlocked operation instead.
 *
 * https://github.com/OpenVPN/tap-windows6/commit/d5be04584637dbfd7ccdf30a064b70e7f1712d29
 * Verdict: clean.
 */
#include "story.h"

static NTSTATUS Open(PVOID File)
{
    PAGED_CODE();
    return InterlockedCompareExchangePointer(&FileObject, File, NULL) == NULL ? STATUS_SUCCESS
                                                                              : STATUS_UNSUCCESSFUL;
}
