/* Prints two values of its registry key, and asserts that a third one is not 13. */
#include "../../zoo/miniport.h"

static ULONG StorySize(VOID)
{
    return sizeof(struct ZooAdapter);
}

static PNDIS_CONFIGURATION_PARAMETER Read(NDIS_HANDLE Configuration, PCWSTR Name, NDIS_PARAMETER_TYPE Type)
{
    PNDIS_CONFIGURATION_PARAMETER value;
    NDIS_STRING name;
    NDIS_STATUS status;
    RtlInitUnicodeString(&name, Name);
    NdisReadConfiguration(&status, &value, Configuration, &name, Type);
    return status == NDIS_STATUS_SUCCESS ? value : NULL;
}

static NDIS_STATUS StoryInitialize(struct ZooAdapter *Adapter)
{
    NDIS_CONFIGURATION_OBJECT object = {.Header = {.Type = NDIS_OBJECT_TYPE_CONFIGURATION_OBJECT,
                                                   .Revision = NDIS_CONFIGURATION_OBJECT_REVISION_1,
                                                   .Size = NDIS_SIZEOF_CONFIGURATION_OBJECT_REVISION_1},
                                        .NdisHandle = Adapter->Handle};
    NDIS_HANDLE configuration;
    if (NdisOpenConfigurationEx(&object, &configuration) != NDIS_STATUS_SUCCESS) {
        return NDIS_STATUS_RESOURCES;
    }
    PNDIS_CONFIGURATION_PARAMETER speed = Read(configuration, L"*speed", NdisParameterInteger);
    PNDIS_CONFIGURATION_PARAMETER label = Read(configuration, L"Label", NdisParameterString);
    PNDIS_CONFIGURATION_PARAMETER unlucky = Read(configuration, L"Unlucky", NdisParameterInteger);
    DbgPrint("speed %u\n", speed != NULL ? speed->ParameterData.IntegerData : 0);
    if (label != NULL) {
        DbgPrint("label '%wZ'\n", &label->ParameterData.StringData);
    }
    NT_ASSERT(unlucky == NULL || unlucky->ParameterData.IntegerData != 13);
    NdisCloseConfiguration(configuration);
    return NDIS_STATUS_SUCCESS;
}

static VOID StoryHalt(struct ZooAdapter *Adapter)
{
    UNREFERENCED_PARAMETER(Adapter);
}

static VOID StorySend(struct ZooAdapter *Adapter, PNET_BUFFER_LIST List)
{
    ZooComplete(Adapter, List);
}

static VOID StoryShutdown(struct ZooAdapter *Adapter, NDIS_SHUTDOWN_ACTION Action)
{
    UNREFERENCED_PARAMETER(Adapter);
    UNREFERENCED_PARAMETER(Action);
}
