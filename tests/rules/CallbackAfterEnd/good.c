/*
 * Indicates only while it is running, and a status at any time of its life.
 * Contexts: entry.
 */
#define RULE_OWN_LIFE
#define RULE_OWN_SEND
#include "../miniport.h"

static VOID Tell(struct ZooAdapter *Zoo)
{
    NDIS_STATUS_INDICATION indication;
    NdisZeroMemory(&indication, sizeof(indication));
    indication.Header.Type = NDIS_OBJECT_TYPE_STATUS_INDICATION;
    indication.Header.Revision = NDIS_STATUS_INDICATION_REVISION_1;
    indication.Header.Size = NDIS_SIZEOF_STATUS_INDICATION_REVISION_1;
    indication.SourceHandle = Zoo->Handle;
    indication.StatusCode = NDIS_STATUS_MEDIA_SPECIFIC_INDICATION;
    NdisMIndicateStatusEx(Zoo->Handle, &indication);
}

static NDIS_STATUS StoryInitialize(struct ZooAdapter *Zoo)
{
    Tell(Zoo);
    return NDIS_STATUS_SUCCESS;
}

static VOID StorySend(struct ZooAdapter *Zoo, PNET_BUFFER_LIST List)
{
    Tell(Zoo);
    ZooComplete(Zoo, List);
}

static VOID StoryHalt(struct ZooAdapter *Zoo)
{
    Tell(Zoo);
}
