/*
 * Mutexes of three kinds, in a circle.
 * Contexts: entry thread.
 */
#include "../contexts.h"

static FAST_MUTEX Fast;
static KGUARDED_MUTEX Guarded;
static KMUTEX Kernel;

static VOID TakeKernel(VOID)
{
    KeWaitForSingleObject(&Kernel, Executive, KernelMode, FALSE, NULL);
}

static VOID body(VOID)
{
    ExInitializeFastMutex(&Fast);
    KeInitializeGuardedMutex(&Guarded);
    KeInitializeMutex(&Kernel, 0);

    TakeKernel();
    TakeKernel(); /* recursive: waits for nobody */
    KeReleaseMutex(&Kernel, FALSE);
    KeAcquireGuardedMutex(&Guarded);
    KeReleaseGuardedMutex(&Guarded);
    KeReleaseMutex(&Kernel, FALSE);

    KeAcquireGuardedMutex(&Guarded);
    ExAcquireFastMutex(&Fast);
    ExReleaseFastMutex(&Fast);
    KeReleaseGuardedMutex(&Guarded);

    ExAcquireFastMutex(&Fast);
    TakeKernel();
    KeReleaseMutex(&Kernel, FALSE);
    ExReleaseFastMutex(&Fast);
}
