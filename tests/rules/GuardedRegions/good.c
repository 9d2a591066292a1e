/*
 * Guarded regions nest, around a guarded mutex too.
 * Contexts: entry thread.
 */
#include "../contexts.h"

static KGUARDED_MUTEX Mutex;

static VOID body(VOID)
{
    KeInitializeGuardedMutex(&Mutex);
    KeEnterGuardedRegion();
    KeEnterGuardedRegion();
    KeAcquireGuardedMutexUnsafe(&Mutex);
    KeReleaseGuardedMutexUnsafe(&Mutex);
    KeLeaveGuardedRegion();
    NT_ASSERT(KeAreAllApcsDisabled());
    KeAcquireGuardedMutex(&Mutex);
    KeReleaseGuardedMutex(&Mutex);
    KeLeaveGuardedRegion();
    NT_ASSERT(!KeAreAllApcsDisabled());
}
