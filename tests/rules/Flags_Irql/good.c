/*
 * Asks for the level only where the flags do not say it, and in what it calls at a level of its own.
 * Contexts: entry.
 */
#define RULE_OWN_HANDLERS
#include "../miniport.h"

static MINIPORT_SEND_NET_BUFFER_LISTS_HANDLER Send;
static volatile LONG Low, High;

static VOID RuleSend(NDIS_HANDLE Context, PNET_BUFFER_LIST Lists, NDIS_PORT_NUMBER Port, ULONG Flags)
{
    BOOLEAN dispatch = NDIS_TEST_SEND_AT_DISPATCH_LEVEL(Flags) || KeGetCurrentIrql() == DISPATCH_LEVEL;
    InterlockedIncrement(dispatch ? &High : &Low);
    Send(Context, Lists, Port, Flags);
}

static VOID RuleHandlers(PNDIS_MINIPORT_DRIVER_CHARACTERISTICS Characteristics)
{
    Send = Characteristics->SendNetBufferListsHandler;
    Characteristics->SendNetBufferListsHandler = RuleSend;
}
