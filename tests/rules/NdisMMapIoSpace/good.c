/*
 * Maps registers in MiniportInitializeEx.
 * Contexts: entry.
 */
#define RULE_OWN_LIFE
#include "../miniport.h"

static VOID Try(struct ZooAdapter *Zoo)
{
    PVOID window;
    NDIS_PHYSICAL_ADDRESS address = NDIS_PHYSICAL_ADDRESS_CONST(0x1000, 0);
    if (NdisMMapIoSpace(&window, Zoo->Handle, address, 64) == NDIS_STATUS_SUCCESS) {
        NdisMUnmapIoSpace(Zoo->Handle, window, 64);
    }
}

static NDIS_STATUS StoryInitialize(struct ZooAdapter *Zoo)
{
    Try(Zoo);
    return NDIS_STATUS_SUCCESS;
}

static VOID StoryHalt(struct ZooAdapter *Zoo)
{
    UNREFERENCED_PARAMETER(Zoo);
}
