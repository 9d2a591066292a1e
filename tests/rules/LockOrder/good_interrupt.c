/*
 * Everywhere the interrupt's spin lock first, then the one that counts; or that one alone.
 * Contexts: entry.  Engine: explored.  Options: --scenario send-pause --seconds 10.
 */
#include "../../explored/card.h"

static KSPIN_LOCK Statistics; /* acquired at the interrupt's level only */
static KIRQL Level;
ULONG Taken;

static BOOLEAN LearnLevel(NDIS_HANDLE Context)
{
    UNREFERENCED_PARAMETER(Context);
    Level = KeGetCurrentIrql();
    return TRUE;
}

static VOID Count(VOID)
{
    KeAcquireSpinLockAtDpcLevel(&Statistics);
    Taken++;
    KeReleaseSpinLockFromDpcLevel(&Statistics);
}

static VOID StoryInterrupt(struct Card *Card)
{
    UNREFERENCED_PARAMETER(Card);
    Count();
}

static BOOLEAN CountInside(NDIS_HANDLE Context)
{
    UNREFERENCED_PARAMETER(Context);
    Count();
    return TRUE;
}

static VOID StorySend(struct Card *Card)
{
    RaiseInterrupt(Card);
}

static VOID StoryDpc(struct Card *Card)
{
    KIRQL old;
    NdisMSynchronizeWithInterruptEx(Card->Interrupt, 0, LearnLevel, Card);
    NdisMSynchronizeWithInterruptEx(Card->Interrupt, 0, CountInside, Card);
    KeRaiseIrql(Level, &old);
    Count();
    KeLowerIrql(old);
}
