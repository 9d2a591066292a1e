/*
 * Registers its ports in MiniportInitializeEx.
 * Contexts: entry.
 */
#define RULE_OWN_LIFE
#include "../miniport.h"

static VOID Try(struct ZooAdapter *Zoo)
{
    PVOID ports;
    NdisMRegisterIoPortRange(&ports, Zoo->Handle, 0x300, 16);
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
