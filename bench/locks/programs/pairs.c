/*
 * pairs.c - a driver that says what its lock pairs cost, in nanoseconds: run on the free build, on the
 * checked one, and instrumented on the checked one.
 */
#include <ndis.h>

DRIVER_INITIALIZE DriverEntry;
DRIVER_UNLOAD PairsUnload;

#define ROUNDS 15
#define PAIRS 2000

static NDIS_SPIN_LOCK Lock;
static volatile ULONG Touched;

VOID PairsUnload(PDRIVER_OBJECT DriverObject)
{
    UNREFERENCED_PARAMETER(DriverObject);
    NdisFreeSpinLock(&Lock);
}

static ULONGLONG Now(VOID)
{
    return (ULONGLONG)KeQueryPerformanceCounter(NULL).QuadPart;
}

static ULONGLONG NdisPairs(VOID)
{
    ULONGLONG begin = Now();
    for (ULONG i = 0; i < PAIRS; i++) {
        NdisAcquireSpinLock(&Lock);
        Touched = Touched + 1;
        NdisReleaseSpinLock(&Lock);
    }
    return Now() - begin;
}

static ULONGLONG DprPairs(VOID)
{
    KIRQL irql;
    KeRaiseIrql(DISPATCH_LEVEL, &irql);
    ULONGLONG begin = Now();
    for (ULONG i = 0; i < PAIRS; i++) {
        NdisDprAcquireSpinLock(&Lock);
        Touched = Touched + 1;
        NdisDprReleaseSpinLock(&Lock);
    }
    ULONGLONG took = Now() - begin;
    KeLowerIrql(irql);
    return took;
}

/* The fastest round: the others say what else ran on the machine. */
static ULONGLONG Best(ULONGLONG (*Measure)(VOID))
{
    ULONGLONG best = MAXULONGLONG;
    for (ULONG i = 0; i < ROUNDS; i++) {
        ULONGLONG took = Measure();
        best = took < best ? took : best;
    }
    return best;
}

static VOID Say(PCSTR Name, ULONGLONG Nanoseconds)
{
    DbgPrint("%s %I64u.%02u\n", Name, Nanoseconds / PAIRS, (ULONG)(Nanoseconds % PAIRS * 100 / PAIRS));
}

NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    UNREFERENCED_PARAMETER(RegistryPath);
    DriverObject->DriverUnload = PairsUnload;
    NdisAllocateSpinLock(&Lock);
    Say("NdisAcquireSpinLock", Best(NdisPairs));
    Say("NdisDprAcquireSpinLock", Best(DprPairs));
    return STATUS_SUCCESS;
}
