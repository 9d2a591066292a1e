/*
 * A lock that was never allocated is released.
 * Contexts: entry thread.
 */
#include "../contexts.h"

static NDIS_SPIN_LOCK Lock;

static VOID body(VOID)
{
    NdisReleaseSpinLock(&Lock);
}
