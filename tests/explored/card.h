/*
 * card.h - a small miniport for the unic interface (docs/unic.md): the frame around the stories that need an
 * interrupt.  It sends by polling and never receives; the only interrupts are those that StorySend asks the
 * card for.
 */
#ifndef UNDIS_TESTS_EXPLORED_CARD_H
#define UNDIS_TESTS_EXPLORED_CARD_H

#include <ndis.h>

#include "../miniport_idle.h"

#define CARD_TAG 'draC'
#ifndef CARD_DPC_PROCESSORS
#define CARD_DPC_PROCESSORS 0 /* where the ISR queues its DPC, a bit each; 0: where the ISR runs */
#endif
#define FRAME_MAXIMUM 1514
#define REGISTERS_SIZE 0x1000

#define REGISTER_CONTROL 0x008
#define CONTROL_TX_ENABLE 2
#define REGISTER_STATUS 0x00C
#define STATUS_TX_ACTIVE 2
#define REGISTER_CAUSE 0x010
#define REGISTER_MASK_SET 0x018
#define REGISTER_MASK_CLEAR 0x01C
#define REGISTER_CAUSE_SET 0x024
#define CAUSE_RX_DONE 0x02
#define CAUSE_SOFTWARE 0x80
#ifdef CARD_SYNC_MESSAGES /* TRUE or FALSE: with messages, of which two can come; explored with --interrupts \
                             msix */
#define CARD_CAUSES (CAUSE_RX_DONE | CAUSE_SOFTWARE)
#else
#define CARD_CAUSES CAUSE_SOFTWARE
#endif
#define REGISTER_TX_BASE_LOW 0x080
#define REGISTER_TX_BASE_HIGH 0x084
#define REGISTER_TX_SIZE 0x088
#define REGISTER_TX_TAIL 0x090

#define DESCRIPTORS 2
#define COMMAND_LAST 1
#define DESCRIPTOR_DONE 1

struct Descriptor {
    ULONG64 Address;
    USHORT Length;
    UCHAR Command;
    UCHAR Error;
    volatile ULONG Status;
};

/* What the card reads and writes. */
struct Shared {
    struct Descriptor Ring[DESCRIPTORS];
    UCHAR Frame[FRAME_MAXIMUM];
};

struct Card {
    NDIS_HANDLE Handle;
    NDIS_HANDLE Interrupt;
    PUCHAR Registers;
    struct Shared *Shared;
    NDIS_PHYSICAL_ADDRESS SharedPa;
    ULONG Tail;
    NDIS_SPIN_LOCK SendLock;  /* of the ring */
    EX_RUNDOWN_REF Sends;     /* in the hands of the miniport, while it runs */
    NDIS_SPIN_LOCK StoryLock; /* the story's */
    ULONG Interrupts;         /* the story's */
};

/* ---- the story's own ----------------------------------------------------------------------------- */

static VOID StorySend(struct Card *Card);      /* for each frame; <= DISPATCH_LEVEL */
static VOID StoryInterrupt(struct Card *Card); /* in the ISR */
static VOID StoryDpc(struct Card *Card);       /* in the interrupt's DPC */
#ifdef CARD_HAS_STORY_OBJECTS
static NDIS_STATUS StoryBegin(struct Card *Card); /* before there are interrupts */
static VOID StoryEnd(struct Card *Card);          /* after them; StoryBegin may not have been called */
#endif

/* ---- the card ------------------------------------------------------------------------------------- */

static ULONG ReadRegister(struct Card *Card, ULONG Register)
{
    ULONG value;
    NdisReadRegisterUlong((PULONG)(Card->Registers + Register), &value);
    return value;
}

static VOID WriteRegister(struct Card *Card, ULONG Register, ULONG Value)
{
    NdisWriteRegisterUlong((PULONG)(Card->Registers + Register), Value);
}

static inline VOID RaiseInterrupt(struct Card *Card)
{
    WriteRegister(Card, REGISTER_CAUSE_SET, CAUSE_SOFTWARE);
}

static VOID StartCard(struct Card *Card)
{
    WriteRegister(Card, REGISTER_TX_BASE_LOW, NdisGetPhysicalAddressLow(Card->SharedPa));
    WriteRegister(Card, REGISTER_TX_BASE_HIGH, NdisGetPhysicalAddressHigh(Card->SharedPa));
    WriteRegister(Card, REGISTER_TX_SIZE, DESCRIPTORS);
    WriteRegister(Card, REGISTER_CONTROL, CONTROL_TX_ENABLE);
    WriteRegister(Card, REGISTER_MASK_SET, CARD_CAUSES);
}

static VOID StopCard(struct Card *Card)
{
    WriteRegister(Card, REGISTER_MASK_CLEAR, CARD_CAUSES);
    WriteRegister(Card, REGISTER_CONTROL, 0);
    while (ReadRegister(Card, REGISTER_STATUS) & STATUS_TX_ACTIVE) {
        NdisMSleep(100);
    }
}

/* ---- interrupts ------------------------------------------------------------------------------------ */

static BOOLEAN CardInterrupt(NDIS_HANDLE Context, PBOOLEAN QueueDpc, PULONG TargetProcessors)
{
    struct Card *card = Context;
    *QueueDpc = FALSE;
    *TargetProcessors = 0;
    if ((ReadRegister(card, REGISTER_CAUSE) & CAUSE_SOFTWARE) == 0) {
        return FALSE;
    }
    WriteRegister(card, REGISTER_CAUSE, CAUSE_SOFTWARE);
    StoryInterrupt(card);
    *QueueDpc = CARD_DPC_PROCESSORS == 0;
    *TargetProcessors = CARD_DPC_PROCESSORS;
    return TRUE;
}

static VOID CardDpc(NDIS_HANDLE Context, PVOID DpcContext, PVOID Throttle, PVOID Reserved)
{
    UNREFERENCED_PARAMETER(DpcContext);
    UNREFERENCED_PARAMETER(Throttle);
    UNREFERENCED_PARAMETER(Reserved);
    StoryDpc(Context);
}

/* NDIS calls these two at the ISR's level. */
static VOID CardDisableInterrupt(PVOID Context)
{
    WriteRegister(Context, REGISTER_MASK_CLEAR, CARD_CAUSES);
}

static VOID CardEnableInterrupt(PVOID Context)
{
    WriteRegister(Context, REGISTER_MASK_SET, CARD_CAUSES);
}

#ifdef CARD_SYNC_MESSAGES
/* Each of the two takes back its own cause. */
static BOOLEAN CardMessage(NDIS_HANDLE Context, ULONG Message, PBOOLEAN QueueDpc, PULONG TargetProcessors)
{
    *QueueDpc = FALSE;
    *TargetProcessors = 0;
    WriteRegister(Context, REGISTER_CAUSE, Message == 1 ? CAUSE_RX_DONE : CAUSE_SOFTWARE);
    StoryInterrupt(Context);
    return TRUE;
}

static VOID CardMessageDpc(NDIS_HANDLE Context, ULONG Message, PVOID DpcContext, PVOID Throttle,
                           PVOID Reserved)
{
    UNREFERENCED_PARAMETER(Message);
    CardDpc(Context, DpcContext, Throttle, Reserved);
}

static VOID CardDisableMessage(PVOID Context, ULONG Message)
{
    WriteRegister(Context, REGISTER_MASK_CLEAR, Message == 1 ? CAUSE_RX_DONE : CAUSE_SOFTWARE);
}

static VOID CardEnableMessage(PVOID Context, ULONG Message)
{
    WriteRegister(Context, REGISTER_MASK_SET, Message == 1 ? CAUSE_RX_DONE : CAUSE_SOFTWARE);
}

static VOID UseMessages(PNDIS_MINIPORT_INTERRUPT_CHARACTERISTICS Characteristics)
{
    Characteristics->MsiSupported = TRUE;
    Characteristics->MsiSyncWithAllMessages = CARD_SYNC_MESSAGES;
    Characteristics->MessageInterruptHandler = CardMessage;
    Characteristics->MessageInterruptDpcHandler = CardMessageDpc;
    Characteristics->DisableMessageInterruptHandler = CardDisableMessage;
    Characteristics->EnableMessageInterruptHandler = CardEnableMessage;
}
#endif

static NDIS_STATUS RegisterInterrupt(struct Card *Card)
{
    NDIS_MINIPORT_INTERRUPT_CHARACTERISTICS characteristics = {0};
    characteristics.Header.Type = NDIS_OBJECT_TYPE_MINIPORT_INTERRUPT;
    characteristics.Header.Revision = NDIS_MINIPORT_INTERRUPT_REVISION_1;
    characteristics.Header.Size = NDIS_SIZEOF_MINIPORT_INTERRUPT_CHARACTERISTICS_REVISION_1;
    characteristics.InterruptHandler = CardInterrupt;
    characteristics.InterruptDpcHandler = CardDpc;
    characteristics.DisableInterruptHandler = CardDisableInterrupt;
    characteristics.EnableInterruptHandler = CardEnableInterrupt;
#ifdef CARD_SYNC_MESSAGES
    UseMessages(&characteristics);
#endif
    return NdisMRegisterInterruptEx(Card->Handle, Card, &characteristics, &Card->Interrupt);
}

/* ---- sends ------------------------------------------------------------------------------------------ */

static VOID Transmit(struct Card *Card, PNET_BUFFER Buffer)
{
    struct Descriptor *descriptor;
    ULONG length = NET_BUFFER_DATA_LENGTH(Buffer);
    PVOID data;

    NdisAcquireSpinLock(&Card->SendLock);
    descriptor = &Card->Shared->Ring[Card->Tail];
    data = NdisGetDataBuffer(Buffer, length, Card->Shared->Frame, 1, 0);
    if (data != Card->Shared->Frame) {
        NdisMoveMemory(Card->Shared->Frame, data, length);
    }
    descriptor->Address = (ULONG64)Card->SharedPa.QuadPart + FIELD_OFFSET(struct Shared, Frame);
    descriptor->Length = (USHORT)length;
    descriptor->Command = COMMAND_LAST;
    descriptor->Error = 0;
    descriptor->Status = 0;
    Card->Tail = (Card->Tail + 1) % DESCRIPTORS;
    WriteRegister(Card, REGISTER_TX_TAIL, Card->Tail);
    while ((descriptor->Status & DESCRIPTOR_DONE) == 0) {
        YieldProcessor();
    }
    NdisReleaseSpinLock(&Card->SendLock);
}

static VOID CardSend(NDIS_HANDLE Context, PNET_BUFFER_LIST Lists, NDIS_PORT_NUMBER Port, ULONG Flags)
{
    struct Card *card = Context;
    UNREFERENCED_PARAMETER(Port);
    while (Lists != NULL) {
        PNET_BUFFER_LIST list = Lists;
        BOOLEAN runs = ExAcquireRundownProtection(&card->Sends);
        Lists = NET_BUFFER_LIST_NEXT_NBL(list);
        NET_BUFFER_LIST_NEXT_NBL(list) = NULL;
        NET_BUFFER_LIST_STATUS(list) = runs ? NDIS_STATUS_SUCCESS : NDIS_STATUS_PAUSED;
        for (PNET_BUFFER buffer = NET_BUFFER_LIST_FIRST_NB(list); runs && buffer != NULL;
             buffer = NET_BUFFER_NEXT_NB(buffer)) {
            StorySend(card);
            Transmit(card, buffer);
        }
        NdisMSendNetBufferListsComplete(
            card->Handle, list,
            Flags & NDIS_SEND_FLAGS_DISPATCH_LEVEL ? NDIS_SEND_COMPLETE_FLAGS_DISPATCH_LEVEL : 0);
        if (runs) {
            ExReleaseRundownProtection(&card->Sends);
        }
    }
}

/* ---- states ----------------------------------------------------------------------------------------- */

static NDIS_STATUS CardPause(NDIS_HANDLE Context, PNDIS_MINIPORT_PAUSE_PARAMETERS Parameters)
{
    UNREFERENCED_PARAMETER(Parameters);
    ExWaitForRundownProtectionRelease(&((struct Card *)Context)->Sends);
    return NDIS_STATUS_SUCCESS;
}

static NDIS_STATUS CardRestart(NDIS_HANDLE Context, PNDIS_MINIPORT_RESTART_PARAMETERS Parameters)
{
    UNREFERENCED_PARAMETER(Parameters);
    ExReInitializeRundownProtection(&((struct Card *)Context)->Sends);
    return NDIS_STATUS_SUCCESS;
}

static VOID CardShutdown(NDIS_HANDLE Context, NDIS_SHUTDOWN_ACTION Action)
{
    UNREFERENCED_PARAMETER(Action);
    WriteRegister(Context, REGISTER_CONTROL, 0);
}

/* ---- making and ending -------------------------------------------------------------------------------- */

static VOID FreeCard(struct Card *Card)
{
    if (Card->Interrupt != NULL) {
        StopCard(Card);
        NdisMDeregisterInterruptEx(Card->Interrupt);
    }
#ifdef CARD_HAS_STORY_OBJECTS
    StoryEnd(Card);
#endif
    if (Card->Shared != NULL) {
        NdisMFreeSharedMemory(Card->Handle, sizeof(struct Shared), TRUE, Card->Shared, Card->SharedPa);
    }
    if (Card->Registers != NULL) {
        NdisMUnmapIoSpace(Card->Handle, Card->Registers, REGISTERS_SIZE);
    }
    NdisFreeSpinLock(&Card->StoryLock);
    NdisFreeSpinLock(&Card->SendLock);
    NdisFreeMemory(Card, 0, 0);
}

static NDIS_STATUS MapRegisters(struct Card *Card, PNDIS_RESOURCE_LIST Resources)
{
    for (ULONG i = 0; Resources != NULL && i < Resources->Count; i++) {
        PCM_PARTIAL_RESOURCE_DESCRIPTOR resource = &Resources->PartialDescriptors[i];
        if (resource->Type == CmResourceTypeMemory) {
            return NdisMMapIoSpace((PVOID *)&Card->Registers, Card->Handle, resource->u.Memory.Start,
                                   REGISTERS_SIZE);
        }
    }
    return NDIS_STATUS_RESOURCE_CONFLICT;
}

static NDIS_STATUS SetAttributes(struct Card *Card)
{
    NDIS_MINIPORT_ADAPTER_ATTRIBUTES attributes;
    NDIS_STATUS status;

    NdisZeroMemory(&attributes, sizeof(attributes));
    attributes.RegistrationAttributes.Header.Type = NDIS_OBJECT_TYPE_MINIPORT_ADAPTER_REGISTRATION_ATTRIBUTES;
    attributes.RegistrationAttributes.Header.Revision =
        NDIS_MINIPORT_ADAPTER_REGISTRATION_ATTRIBUTES_REVISION_1;
    attributes.RegistrationAttributes.Header.Size =
        NDIS_SIZEOF_MINIPORT_ADAPTER_REGISTRATION_ATTRIBUTES_REVISION_1;
    attributes.RegistrationAttributes.MiniportAdapterContext = Card;
    attributes.RegistrationAttributes.AttributeFlags =
        NDIS_MINIPORT_ATTRIBUTES_HARDWARE_DEVICE | NDIS_MINIPORT_ATTRIBUTES_BUS_MASTER;
    status = NdisMSetMiniportAttributes(Card->Handle, &attributes);
    if (status != NDIS_STATUS_SUCCESS) {
        return status;
    }
    NdisZeroMemory(&attributes, sizeof(attributes));
    attributes.GeneralAttributes.Header.Type = NDIS_OBJECT_TYPE_MINIPORT_ADAPTER_GENERAL_ATTRIBUTES;
    attributes.GeneralAttributes.Header.Revision = NDIS_MINIPORT_ADAPTER_GENERAL_ATTRIBUTES_REVISION_1;
    attributes.GeneralAttributes.Header.Size = NDIS_SIZEOF_MINIPORT_ADAPTER_GENERAL_ATTRIBUTES_REVISION_1;
    attributes.GeneralAttributes.MacAddressLength = ETH_LENGTH_OF_ADDRESS;
    attributes.GeneralAttributes.MtuSize = FRAME_MAXIMUM - 14;
    return NdisMSetMiniportAttributes(Card->Handle, &attributes);
}

static NDIS_STATUS BuildCard(struct Card *Card, PNDIS_RESOURCE_LIST Resources)
{
    NDIS_STATUS status = SetAttributes(Card);
    if (status == NDIS_STATUS_SUCCESS) {
        status = MapRegisters(Card, Resources);
    }
#ifdef CARD_HAS_STORY_OBJECTS
    if (status == NDIS_STATUS_SUCCESS) {
        status = StoryBegin(Card);
    }
#endif
    if (status == NDIS_STATUS_SUCCESS) {
        NdisMAllocateSharedMemory(Card->Handle, sizeof(struct Shared), TRUE, (PVOID *)&Card->Shared,
                                  &Card->SharedPa);
        status = Card->Shared != NULL ? RegisterInterrupt(Card) : NDIS_STATUS_RESOURCES;
    }
    return status;
}

static NDIS_STATUS CardInitialize(NDIS_HANDLE Handle, NDIS_HANDLE DriverContext,
                                  PNDIS_MINIPORT_INIT_PARAMETERS Parameters)
{
    struct Card *card =
        NdisAllocateMemoryWithTagPriority(Handle, sizeof(*card), CARD_TAG, NormalPoolPriority);
    NDIS_STATUS status;

    UNREFERENCED_PARAMETER(DriverContext);
    if (card == NULL) {
        return NDIS_STATUS_RESOURCES;
    }
    NdisZeroMemory(card, sizeof(*card));
    card->Handle = Handle;
    NdisAllocateSpinLock(&card->SendLock);
    NdisAllocateSpinLock(&card->StoryLock);
    ExInitializeRundownProtection(&card->Sends);
    ExWaitForRundownProtectionRelease(&card->Sends); /* paused */
    status = BuildCard(card, Parameters->AllocatedResources);
    if (status != NDIS_STATUS_SUCCESS) {
        FreeCard(card);
        return status;
    }
    StartCard(card);
    return NDIS_STATUS_SUCCESS;
}

static VOID CardHalt(NDIS_HANDLE Context, NDIS_HALT_ACTION Action)
{
    UNREFERENCED_PARAMETER(Action);
    FreeCard(Context);
}

static NDIS_HANDLE CardDriver;

static VOID CardUnload(PDRIVER_OBJECT DriverObject)
{
    UNREFERENCED_PARAMETER(DriverObject);
    NdisMDeregisterMiniportDriver(CardDriver);
}

DRIVER_INITIALIZE DriverEntry;

NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    NDIS_MINIPORT_DRIVER_CHARACTERISTICS characteristics = {
        .Header = {.Type = NDIS_OBJECT_TYPE_MINIPORT_DRIVER_CHARACTERISTICS,
                   .Revision = NDIS_MINIPORT_DRIVER_CHARACTERISTICS_REVISION_2,
                   .Size = NDIS_SIZEOF_MINIPORT_DRIVER_CHARACTERISTICS_REVISION_2},
        .MajorNdisVersion = 6,
        .MinorNdisVersion = 20,
        .InitializeHandlerEx = CardInitialize,
        .HaltHandlerEx = CardHalt,
        .UnloadHandler = CardUnload,
        .PauseHandler = CardPause,
        .RestartHandler = CardRestart,
        .OidRequestHandler = IdleOid,
        .CancelOidRequestHandler = IdleCancelOid,
        .SendNetBufferListsHandler = CardSend,
        .ReturnNetBufferListsHandler = IdleReturn,
        .CancelSendHandler = IdleCancelSend,
        .CheckForHangHandlerEx = IdleCheckForHang,
        .ResetHandlerEx = IdleReset,
        .DevicePnPEventNotifyHandler = IdlePnPEvent,
        .ShutdownHandlerEx = CardShutdown,
    };
    return NdisMRegisterMiniportDriver(DriverObject, RegistryPath, NULL, &characteristics, &CardDriver);
}

#endif
