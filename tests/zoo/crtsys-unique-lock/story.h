/* A lock object that releases by itself at the end of its scope; C++ there, two functions here. */
#include "../zoo.h"

static KSPIN_LOCK Lock;
static ULONG Count;

struct Guard {
    KIRQL Irql;
    BOOLEAN AtDpcLevel; /* how it was acquired */
};

static VOID Destroy(struct Guard *Guard); /* the end of the scope */

static VOID Construct(struct Guard *Guard)
{
    KeAcquireSpinLock(&Lock, &Guard->Irql);
    Guard->AtDpcLevel = FALSE;
}

static VOID ConstructAtDpcLevel(struct Guard *Guard)
{
    KeAcquireSpinLockAtDpcLevel(&Lock);
    Guard->AtDpcLevel = TRUE;
}

static VOID Use(VOID)
{
    struct Guard guard;
    KIRQL irql;
    KeRaiseIrql(DISPATCH_LEVEL, &irql);
    ConstructAtDpcLevel(&guard);
    Count++;
    Destroy(&guard);
    KeLowerIrql(irql);

    Construct(&guard);
    Count++;
    Destroy(&guard);
}

static BOOLEAN ZooStart(VOID)
{
    KeInitializeSpinLock(&Lock);
    ZooThread(0, Use);
    return TRUE;
}

static VOID ZooStop(VOID)
{
    NT_ASSERT(Count == 2);
}
