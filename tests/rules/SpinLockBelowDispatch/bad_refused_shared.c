/*
 * ExTryAcquireSpinLockSharedAtDpcLevel at PASSIVE_LEVEL, of a lock that another processor has for itself.
 * Contexts: entry.  Engine: explored.
 */
#include "../contexts.h"

static EX_SPIN_LOCK Lock;
static KDPC Keeper;
volatile LONG Held, Tried;

static KDEFERRED_ROUTINE Keep;
static VOID Keep(PKDPC Object, PVOID Context, PVOID Argument1, PVOID Argument2)
{
    UNREFERENCED_PARAMETER(Object);
    UNREFERENCED_PARAMETER(Context);
    UNREFERENCED_PARAMETER(Argument1);
    UNREFERENCED_PARAMETER(Argument2);
    ExAcquireSpinLockExclusiveAtDpcLevel(&Lock);
    InterlockedExchange(&Held, 1);
    while (!Tried) {
        YieldProcessor();
    }
    ExReleaseSpinLockExclusiveFromDpcLevel(&Lock);
}

static VOID body(VOID)
{
    KeSetSystemAffinityThread(1);
    KeInitializeDpc(&Keeper, Keep, NULL);
    KeSetTargetProcessorDpc(&Keeper, 1);
    KeInsertQueueDpc(&Keeper, NULL, NULL);
    while (!Held) {
        YieldProcessor();
    }
    if (ExTryAcquireSpinLockSharedAtDpcLevel(&Lock)) {
        ExReleaseSpinLockSharedFromDpcLevel(&Lock);
    }
    InterlockedExchange(&Tried, 1);
    KeFlushQueuedDpcs();
    KeRevertToUserAffinityThread();
}
