/*
 * tap-windows6, before 2014-02: code that is pageable takes a spin lock, and goes on at DISPATCH_LEVEL, where
 * a page that is out cannot be brought in.  It asserts PAGED_CODE() at its beginning, where IRQL is still
 * right.
 *
 * https://github.com/OpenVPN/tap-windows6/commit/d5be04584637dbfd7ccdf30a064b70e7f1712d29
 * Verdict: PagedCodeAtDispatch.
 */
#include "story.h"

static NTSTATUS Open(PVOID File)
{
    NTSTATUS status = STATUS_UNSUCCESSFUL;
    PAGED_CODE();
    NdisAcquireSpinLock(&AdapterLock);
    if (FileObject == NULL) {
        FileObject = File;
        status = STATUS_SUCCESS;
    }
    NdisReleaseSpinLock(&AdapterLock);
    return status;
}
