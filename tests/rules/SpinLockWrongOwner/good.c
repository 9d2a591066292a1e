/*
 * The processor that acquired the lock releases it.
 * Contexts: entry thread dpc.
 */
#include "../contexts.h"

static KSPIN_LOCK Lock;
static KDPC OtherDpc;
static volatile LONG Done;

static VOID OtherRoutine(PKDPC Object, PVOID Context, PVOID Argument1, PVOID Argument2)
{
    UNREFERENCED_PARAMETER(Object);
    UNREFERENCED_PARAMETER(Context);
    UNREFERENCED_PARAMETER(Argument1);
    UNREFERENCED_PARAMETER(Argument2);
    InterlockedExchange(&Done, 1);
}

static VOID body(VOID)
{
    KIRQL irql;
    ULONG other;
    KeInitializeSpinLock(&Lock);
    KeInitializeDpc(&OtherDpc, OtherRoutine, NULL);
    KeSetImportanceDpc(&OtherDpc, HighImportance);
    KeAcquireSpinLock(&Lock, &irql);
    other = KeGetCurrentProcessorNumber() == 0 ? 1 : 0;
    KeSetTargetProcessorDpc(&OtherDpc, (CCHAR)other);
    Done = 0;
    KeInsertQueueDpc(&OtherDpc, NULL, NULL);
    while (!Done) {
        YieldProcessor();
    }
    KeReleaseSpinLock(&Lock, irql);
}
