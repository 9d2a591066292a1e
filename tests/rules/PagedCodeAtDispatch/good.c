/*
 * Pageable code below DISPATCH_LEVEL, with what takes the lock in code that is not; and pageable code at
 * DISPATCH_LEVEL while its section is locked in memory.
 * Contexts: entry thread.  Accesses: instrumented.
 */
#include "../contexts.h"

static NDIS_SPIN_LOCK Lock;
static volatile LONG Opened, Counted;

static VOID Count(VOID);
static BOOLEAN Open(VOID);
VOID Locked(VOID);
#ifdef ALLOC_PRAGMA
#pragma alloc_text(PAGE, Open)
#pragma alloc_text("PAGELK", Locked)
#pragma alloc_text(INIT, Count)
#pragma alloc_text(PAGE, NotInThisFile)
#endif

static VOID Count(VOID)
{
    NdisAcquireSpinLock(&Lock);
    Counted++;
    NdisReleaseSpinLock(&Lock);
}

static BOOLEAN Open(VOID)
{
    PAGED_CODE();
    Count();
    return InterlockedIncrement(&Opened) == 1;
}

VOID Locked(VOID)
{
    NdisDprAcquireSpinLock(&Lock);
    Counted++;
    NdisDprReleaseSpinLock(&Lock);
}

#pragma code_seg("PAGE")
static const struct {
    ULONG Value;
} Constants[] = {{2}, {3}};
static ULONG Sum(ULONG Count)
{
    ULONG sum = 0;
    for (ULONG i = 0; i < Count; i++) {
        sum += Constants[i].Value;
    }
    return sum;
}
#pragma code_seg()

static VOID AtDispatch(VOID)
{
    KIRQL irql;
    KeRaiseIrql(DISPATCH_LEVEL, &irql);
    Locked();
    KeLowerIrql(irql);
}

static VOID body(VOID)
{
    NdisAllocateSpinLock(&Lock);
    NT_VERIFY(Open());
    NT_VERIFY(Sum(RTL_NUMBER_OF(Constants)) == 5);
    PVOID section = MmLockPagableCodeSection(Locked);
    AtDispatch();
    MmLockPagableSectionByHandle(section);
    MmUnlockPagableImageSection(section);
    AtDispatch();
    MmUnlockPagableImageSection(section);
    NT_VERIFY(Counted == 3);
    NdisFreeSpinLock(&Lock);
}
