/*
 * The service routine takes a spin lock under the interrupt's; the DPC takes the interrupt's under that one.
 * Contexts: entry.  Engine: explored.  Options: --scenario send-pause --processors 1 --seconds 10.
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

static BOOLEAN Look(NDIS_HANDLE Context)
{
    ((struct Card *)Context)->Interrupts = Taken;
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
    KeRaiseIrql(Level, &old);
    KeAcquireSpinLockAtDpcLevel(&Statistics);
    NdisMSynchronizeWithInterruptEx(Card->Interrupt, 0, Look, Card);
    KeReleaseSpinLockFromDpcLevel(&Statistics);
    KeLowerIrql(old);
}
