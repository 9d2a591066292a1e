/*
 * Two processors take two locks in opposite orders and meet in between.
 * Contexts: entry thread dpc.
 */
#include "../contexts.h"

static KSPIN_LOCK A, B;
static KDPC OtherDpc;
static volatile LONG Arrived;

static VOID Meet(VOID)
{
    InterlockedIncrement(&Arrived);
    while (Arrived < 2) {
        YieldProcessor();
    }
}

static VOID OtherRoutine(PKDPC Object, PVOID Context, PVOID Argument1, PVOID Argument2)
{
    UNREFERENCED_PARAMETER(Object);
    UNREFERENCED_PARAMETER(Context);
    UNREFERENCED_PARAMETER(Argument1);
    UNREFERENCED_PARAMETER(Argument2);
    KeAcquireSpinLockAtDpcLevel(&B);
    Meet();
    KeAcquireSpinLockAtDpcLevel(&A);
    KeReleaseSpinLockFromDpcLevel(&A);
    KeReleaseSpinLockFromDpcLevel(&B);
}

static VOID body(VOID)
{
    KIRQL irql, inner;
    ULONG other;
    Arrived = 0;
    KeInitializeDpc(&OtherDpc, OtherRoutine, NULL);
    KeSetImportanceDpc(&OtherDpc, HighImportance);
    KeRaiseIrql(DISPATCH_LEVEL, &irql);
    other = KeGetCurrentProcessorNumber() == 0 ? 1 : 0;
    KeSetTargetProcessorDpc(&OtherDpc, (CCHAR)other);
    KeInsertQueueDpc(&OtherDpc, NULL, NULL);
    KeAcquireSpinLockAtDpcLevel(&A);
    Meet();
    KeAcquireSpinLock(&B, &inner);
    KeReleaseSpinLock(&B, inner);
    KeReleaseSpinLockFromDpcLevel(&A);
    KeLowerIrql(irql);
}
