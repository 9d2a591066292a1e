/*
 * Indicates a receive from MiniportHaltEx.
 * Contexts: entry.
 */
#define RULE_OWN_LIFE
#include "../miniport.h"

static NDIS_STATUS StoryInitialize(struct ZooAdapter *Zoo)
{
    UNREFERENCED_PARAMETER(Zoo);
    return NDIS_STATUS_SUCCESS;
}

static VOID StoryHalt(struct ZooAdapter *Zoo)
{
    NdisMIndicateReceiveNetBufferLists(Zoo->Handle, NULL, NDIS_DEFAULT_PORT_NUMBER, 0,
                                       NDIS_RECEIVE_FLAGS_RESOURCES);
}
