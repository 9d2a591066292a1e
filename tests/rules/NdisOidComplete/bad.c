/*
 * Hands its own pending status on.
 * Contexts: entry.
 */
#define RULE_OWN_HANDLERS
#include "../miniport.h"

static NDIS_STATUS RuleOid(NDIS_HANDLE Context, PNDIS_OID_REQUEST Request)
{
    struct ZooAdapter *adapter = Context;
    NDIS_STATUS status = IdleOid(Context, Request);
    status = status == NDIS_STATUS_SUCCESS ? NDIS_STATUS_PENDING : status;
    NdisMOidRequestComplete(adapter->Handle, Request, status);
    return NDIS_STATUS_PENDING;
}

static VOID RuleHandlers(PNDIS_MINIPORT_DRIVER_CHARACTERISTICS Characteristics)
{
    Characteristics->OidRequestHandler = RuleOid;
}
