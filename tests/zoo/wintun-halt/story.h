/* An adapter with a ring: the receive path uses it, halt takes it away. */
#include "../zoo.h"

#define FLAGS_PRESENT 1

struct Ring {
    ULONG Tail;
};

static struct Ring *Ring;
static BOOLEAN Gone;
static volatile LONG Flags = FLAGS_PRESENT;
static EX_SPIN_LOCK TransitionLock;

static VOID ForbidRing(VOID);

static VOID Receive(VOID)
{
    KIRQL irql = ExAcquireSpinLockShared(&TransitionLock);
    if (Flags & FLAGS_PRESENT) {
        Ring->Tail++;
    }
    ExReleaseSpinLockShared(&TransitionLock, irql);
}

static VOID Halt(VOID)
{
    ForbidRing();
    ZooFree(Ring);
    Gone = TRUE;
}

static BOOLEAN ZooStart(VOID)
{
    Ring = ZooAllocate(sizeof(*Ring));
    if (Ring == NULL) {
        return FALSE;
    }
    ZooThread(0, Halt);
    ZooThread(1, Receive);
    return TRUE;
}

static VOID ZooStop(VOID)
{
    if (!Gone) {
        ZooFree(Ring);
    }
}
