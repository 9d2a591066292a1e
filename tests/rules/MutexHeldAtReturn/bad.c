/*
 * An early return forgets the fast mutex, which keeps IRQL up as well.
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
        return;
    }
    ExReleaseFastMutex(&Mutex);
}
