/*
 * miniport.h - a miniport without hardware whose sends, shutdown and adapter are the test's (StoryXxx), as
 * are handlers that it replaces (RuleHandlers).
 */
#ifndef UNDIS_TESTS_RULES_MINIPORT_H
#define UNDIS_TESTS_RULES_MINIPORT_H

#include <ndis.h>

static VOID RuleHandlers(PNDIS_MINIPORT_DRIVER_CHARACTERISTICS Characteristics);

static NDIS_STATUS RuleRegister(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath,
                                NDIS_HANDLE Context, PNDIS_MINIPORT_DRIVER_CHARACTERISTICS Characteristics,
                                PNDIS_HANDLE Handle)
{
    RuleHandlers(Characteristics);
    return NdisMRegisterMiniportDriver(DriverObject, RegistryPath, Context, Characteristics, Handle);
}

#define NdisMRegisterMiniportDriver RuleRegister
#include "../zoo/miniport.h"

struct Adapter {
    struct ZooAdapter Zoo;
    NDIS_SPIN_LOCK Lock, FreeLock;
    NDIS_HANDLE Pool;
    ULONG Sent;
    PVOID Shared;
    NDIS_PHYSICAL_ADDRESS Physical;
};

static ULONG StorySize(VOID)
{
    return sizeof(struct Adapter);
}

#ifndef RULE_OWN_SHUTDOWN
static VOID StoryShutdown(struct ZooAdapter *Zoo, NDIS_SHUTDOWN_ACTION Action)
{
    UNREFERENCED_PARAMETER(Zoo);
    UNREFERENCED_PARAMETER(Action);
}
#endif

#ifndef RULE_OWN_LIFE
static NDIS_STATUS StoryInitialize(struct ZooAdapter *Zoo)
{
    NdisAllocateSpinLock(&((struct Adapter *)Zoo)->Lock);
    return NDIS_STATUS_SUCCESS;
}

static VOID StoryHalt(struct ZooAdapter *Zoo)
{
    NdisFreeSpinLock(&((struct Adapter *)Zoo)->Lock);
}
#endif

#ifndef RULE_OWN_SEND
static VOID StorySend(struct ZooAdapter *Zoo, PNET_BUFFER_LIST List)
{
    ZooComplete(Zoo, List);
}
#endif

#ifndef RULE_OWN_HANDLERS
static VOID RuleHandlers(PNDIS_MINIPORT_DRIVER_CHARACTERISTICS Characteristics)
{
    UNREFERENCED_PARAMETER(Characteristics);
}
#endif

#endif
