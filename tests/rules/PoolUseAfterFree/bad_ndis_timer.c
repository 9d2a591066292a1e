/*
 * MiniportHaltEx cancels its timer, which has expired already, and frees it while the callback is still
 * queued. Contexts: entry.  Options: --processors 1.
 */
#define RULE_OWN_LIFE
#include "../miniport.h"

static VOID Expired(PVOID Unused1, PVOID Context, PVOID Unused2, PVOID Unused3)
{
    UNREFERENCED_PARAMETER(Unused1);
    UNREFERENCED_PARAMETER(Context);
    UNREFERENCED_PARAMETER(Unused2);
    UNREFERENCED_PARAMETER(Unused3);
}

static NDIS_STATUS StoryInitialize(struct ZooAdapter *Zoo)
{
    NDIS_TIMER_CHARACTERISTICS characteristics = {
        .Header = {.Type = NDIS_OBJECT_TYPE_TIMER_CHARACTERISTICS,
                   .Revision = NDIS_TIMER_CHARACTERISTICS_REVISION_1,
                   .Size = NDIS_SIZEOF_TIMER_CHARACTERISTICS_REVISION_1},
        .AllocationTag = ZOO_TAG,
        .TimerFunction = Expired,
    };
    return NdisAllocateTimerObject(Zoo->Handle, &characteristics, &((struct Adapter *)Zoo)->Pool);
}

/* At DISPATCH_LEVEL, so that the callback waits until after the free. */
static VOID StoryHalt(struct ZooAdapter *Zoo)
{
    NDIS_HANDLE timer = ((struct Adapter *)Zoo)->Pool;
    LARGE_INTEGER now = {.QuadPart = 0};
    ULONG patience = 1;
    KIRQL irql;
    KeRaiseIrql(DISPATCH_LEVEL, &irql);
    do {
        NdisSetTimerObject(timer, now, 0, NULL);
        for (ULONG i = 0; i < patience; i++) {
            NdisStallExecution(50);
        }
        patience *= 2;
    } while (NdisCancelTimerObject(timer));
    NdisFreeTimerObject(timer);
    KeLowerIrql(irql);
}
