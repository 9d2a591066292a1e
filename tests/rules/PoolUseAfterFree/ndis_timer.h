/*
 * ndis_timer.h - a timer object that has been set, may have expired, and is cancelled; how it ends is the
 * driver's.
 */
#include "../contexts.h"

static VOID Expired(PVOID Unused1, PVOID Context, PVOID Unused2, PVOID Unused3)
{
    UNREFERENCED_PARAMETER(Unused1);
    UNREFERENCED_PARAMETER(Context);
    UNREFERENCED_PARAMETER(Unused2);
    UNREFERENCED_PARAMETER(Unused3);
}

static VOID with_cancelled_timer(VOID (*End)(NDIS_HANDLE Timer))
{
    NDIS_TIMER_CHARACTERISTICS characteristics = {
        .Header = {.Type = NDIS_OBJECT_TYPE_TIMER_CHARACTERISTICS,
                   .Revision = NDIS_TIMER_CHARACTERISTICS_REVISION_1,
                   .Size = NDIS_SIZEOF_TIMER_CHARACTERISTICS_REVISION_1},
        .AllocationTag = 'remT',
        .TimerFunction = Expired,
    };
    LARGE_INTEGER soon = {.QuadPart = -10000};
    PNDIS_GENERIC_OBJECT object = NdisAllocateGenericObject(NULL, 'remT', 0);
    NDIS_HANDLE timer;
    if (object == NULL) {
        return;
    }
    if (NdisAllocateTimerObject(object, &characteristics, &timer) == NDIS_STATUS_SUCCESS) {
        NdisSetTimerObject(timer, soon, 0, NULL);
        KeDelayExecutionThread(KernelMode, FALSE, &soon);
        NdisCancelTimerObject(timer);
        End(timer);
    }
    NdisFreeGenericObject(object);
}
