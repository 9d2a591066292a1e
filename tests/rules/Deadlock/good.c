/*
 * Both take the locks in the same order.
 * Contexts: entry thread dpc.
 */
#include "../contexts.h"

static KSPIN_LOCK A, B;
static KDPC OtherDpc;
static volatile LONG Arrived, Left;

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
    Meet();
    KeAcquireSpinLockAtDpcLevel(&A);
    KeAcquireSpinLockAtDpcLevel(&B);
    KeReleaseSpinLockFromDpcLevel(&B);
    KeReleaseSpinLockFromDpcLevel(&A);
    InterlockedExchange(&Left, 1);
}

static VOID body(VOID)
{
    KIRQL irql, inner;
    ULONG other;
    Arrived = Left = 0;
    KeInitializeDpc(&OtherDpc, OtherRoutine, NULL);
    KeSetImportanceDpc(&OtherDpc, HighImportance);
    KeRaiseIrql(DISPATCH_LEVEL, &irql);
    other = KeGetCurrentProcessorNumber() == 0 ? 1 : 0;
    KeSetTargetProcessorDpc(&OtherDpc, (CCHAR)other);
    KeInsertQueueDpc(&OtherDpc, NULL, NULL);
    Meet();
    KeAcquireSpinLockAtDpcLevel(&A);
    KeAcquireSpinLock(&B, &inner);
    KeReleaseSpinLock(&B, inner);
    KeReleaseSpinLockFromDpcLevel(&A);
    while (!Left) { /* the next body() may begin at once */
        YieldProcessor();
    }
    KeLowerIrql(irql);
}
