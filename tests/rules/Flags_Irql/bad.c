/*
 * Asks for the level that the flags say.
 * Contexts: entry.
 */
#define RULE_OWN_HANDLERS
#include "../miniport.h"

static MINIPORT_SEND_NET_BUFFER_LISTS_HANDLER Send;
static volatile LONG Low, High;

static VOID RuleSend(NDIS_HANDLE Context, PNET_BUFFER_LIST Lists, NDIS_PORT_NUMBER Port, ULONG Flags)
{
    BOOLEAN dispatch = KeGetCurrentIrql() == DISPATCH_LEVEL;
    InterlockedIncrement(dispatch ? &High : &Low);
    Send(Context, Lists, Port, Flags);
}

static VOID RuleHandlers(PNDIS_MINIPORT_DRIVER_CHARACTERISTICS Characteristics)
{
    Send = Characteristics->SendNetBufferListsHandler;
    Characteristics->SendNetBufferListsHandler = RuleSend;
}
