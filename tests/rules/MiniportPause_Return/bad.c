/*
 * Fails to pause.
 * Contexts: entry.
 */
#define RULE_OWN_HANDLERS
#include "../miniport.h"

static NDIS_STATUS RulePause(NDIS_HANDLE Context, PNDIS_MINIPORT_PAUSE_PARAMETERS Parameters)
{
    ZooPause(Context, Parameters);
    return NDIS_STATUS_FAILURE;
}

static VOID RuleHandlers(PNDIS_MINIPORT_DRIVER_CHARACTERISTICS Characteristics)
{
    Characteristics->PauseHandler = RulePause;
}
