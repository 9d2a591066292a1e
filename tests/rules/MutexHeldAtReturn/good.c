/*
 * The early return releases it.
 * Contexts: entry thread.
 */
#include "../contexts.h"

static FAST_MUTEX Mutex;
static BOOLEAN Stopped = TRUE;

static VOID body(VOID)
{
    ExInitializeFastMutex(&Mutex);
    ExAcquireFastMutex(&Mutex);
    if (Stopped) {
        ExReleaseFastMutex(&Mutex);
        return;
    }
    ExReleaseFastMutex(&Mutex);
}
