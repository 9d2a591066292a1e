/*
 * Everything at the highest level that its page allows.
 * Contexts: entry thread dpc.
 */
#include "../contexts.h"

static KEVENT Event;
static NDIS_EVENT Done;
static FAST_MUTEX Mutex;
static EX_RUNDOWN_REF Rundown;

/* <= APC_LEVEL. */
static VOID AtApc(VOID)
{
    KIRQL irql;
    KeRaiseIrql(APC_LEVEL, &irql);
    PVOID block = ExAllocatePoolWithTag(PagedPool, 16, 'tseT');
    if (block != NULL) {
        ExFreePoolWithTag(block, 'tseT');
    }
    KeSetEvent(&Event, IO_NO_INCREMENT, TRUE);
    KeWaitForSingleObject(&Event, Executive, KernelMode, FALSE, NULL);
    ExAcquireFastMutex(&Mutex);
    ExReleaseFastMutex(&Mutex);
    ExInitializeRundownProtection(&Rundown);
    ExWaitForRundownProtectionRelease(&Rundown);
    KeLowerIrql(irql);
}

static VOID AtPassive(VOID)
{
    UNICODE_STRING wide = RTL_CONSTANT_STRING(L"name");
    CHAR buffer[16];
    ANSI_STRING narrow = {0, sizeof(buffer), buffer};
    RtlUnicodeStringToAnsiString(&narrow, &wide, FALSE);
    NdisInitializeEvent(&Done);
    NdisSetEvent(&Done);
    NdisWaitEvent(&Done, 0);
    KeFlushQueuedDpcs();
}

static VOID AtDispatch(VOID)
{
    LARGE_INTEGER zero = {.QuadPart = 0};
    LARGE_INTEGER now;
    KIRQL irql;
    KeRaiseIrql(DISPATCH_LEVEL, &irql);
    PVOID block = ExAllocatePoolWithTag(NonPagedPoolNx, 16, 'tseT');
    if (block != NULL) {
        ExFreePoolWithTag(block, 'tseT');
    }
    KeSetEvent(&Event, IO_NO_INCREMENT, FALSE);
    KeWaitForSingleObject(&Event, Executive, KernelMode, FALSE, &zero);
    KeLowerIrql(irql);
    KeRaiseIrql(HIGH_LEVEL, &irql);
    KeQuerySystemTime(&now);
    KeLowerIrql(irql);
}

static VOID body(VOID)
{
    KeInitializeEvent(&Event, SynchronizationEvent, FALSE);
    if (KeGetCurrentIrql() < DISPATCH_LEVEL) {
        ExInitializeFastMutex(&Mutex);
        AtPassive();
        AtApc();
    }
    AtDispatch();
}
