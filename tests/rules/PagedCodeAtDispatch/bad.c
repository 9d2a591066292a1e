/*
 * A pageable function takes a spin lock, and so goes on at DISPATCH_LEVEL.
 * Contexts: entry thread.
 */
#include "../contexts.h"

static NDIS_SPIN_LOCK Lock;
static ULONG Opened;

static BOOLEAN Open(VOID);
#pragma alloc_text(PAGE, Open)

static BOOLEAN Open(VOID)
{
    NdisAcquireSpinLock(&Lock);
    BOOLEAN first = Opened++ == 0;
    NdisReleaseSpinLock(&Lock);
    return first;
}

static VOID body(VOID)
{
    NdisAllocateSpinLock(&Lock);
    NT_VERIFY(Open());
    NT_VERIFY(!Open());
    NdisFreeSpinLock(&Lock);
}
