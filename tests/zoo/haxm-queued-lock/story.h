/* A spin lock behind a wrapper that is the same for all systems; nearly all of its users are below
 * DISPATCH_LEVEL. */
#include "../zoo.h"

static KSPIN_LOCK Lock;
static ULONG Pages;

static VOID AllocatePage(VOID); /* takes the lock */

static BOOLEAN ZooStart(VOID)
{
    KeInitializeSpinLock(&Lock);
    ZooThread(0, AllocatePage);
    return TRUE;
}

static VOID ZooStop(VOID)
{
    NT_ASSERT(Pages == 1);
}
