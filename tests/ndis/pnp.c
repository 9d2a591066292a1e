/*
 * pnp.c - NdisSetOptionalHandlers with NDIS_MINIPORT_PNP_CHARACTERISTICS: the handlers for an adapter's
 * coming and going.
 */
#include <ndis.h>

#include "check.h"
#include "miniport.h"

#define TAG 'dPnP'
#define MESSAGES 4

static NDIS_MINIPORT_PNP_CHARACTERISTICS pnp;
static NDIS_STATUS add_answer, start_answer;
static PVOID block;
static char context_of_mine;

static NDIS_STATUS AddDevice(NDIS_HANDLE adapter, NDIS_HANDLE driver_context)
{
    NDIS_MINIPORT_ADAPTER_ATTRIBUTES attributes;
    mini_note('a');
    CHECK_PTR(driver_context, &mini.object);
    CHECK_EQ(KeGetCurrentIrql(), PASSIVE_LEVEL);
    if (add_answer != NDIS_STATUS_SUCCESS) {
        return add_answer;
    }
    block = NdisAllocateMemoryWithTagPriority(adapter, 64, TAG, NormalPoolPriority); /* until RemoveDevice */
    memset(&attributes, 0, sizeof attributes);
    attributes.AddDeviceRegistrationAttributes.Header.Type =
        NDIS_OBJECT_TYPE_MINIPORT_ADD_DEVICE_REGISTRATION_ATTRIBUTES;
    attributes.AddDeviceRegistrationAttributes.Header.Revision =
        NDIS_MINIPORT_ADD_DEVICE_REGISTRATION_ATTRIBUTES_REVISION_1;
    attributes.AddDeviceRegistrationAttributes.Header.Size =
        NDIS_SIZEOF_MINIPORT_ADD_DEVICE_REGISTRATION_ATTRIBUTES_REVISION_1;
    attributes.AddDeviceRegistrationAttributes.MiniportAddDeviceContext = &context_of_mine;
    return NdisMSetMiniportAttributes(adapter, &attributes);
}

static VOID RemoveDevice(NDIS_HANDLE context)
{
    mini_note('r');
    CHECK_PTR(context, &context_of_mine);
    NdisFreeMemory(block, 0, 0);
}

static NDIS_STATUS StartDevice(NDIS_HANDLE context, PIRP irp)
{
    const IO_STACK_LOCATION *stack = IoGetCurrentIrpStackLocation(irp);
    mini_note('s');
    CHECK_PTR(context, &context_of_mine);
    CHECK_EQ(stack->MinorFunction, IRP_MN_START_DEVICE);
    CHECK_EQ(stack->Parameters.StartDevice.AllocatedResources->Count, 1);
    return start_answer;
}

static ULONG messages_in(const IO_RESOURCE_REQUIREMENTS_LIST *list)
{
    ULONG count = 0;
    const IO_RESOURCE_DESCRIPTOR *descriptor = list->List[0].Descriptors;
    for (ULONG i = 0; i < list->List[0].Count; i++, descriptor++) {
        count += (descriptor->Flags & CM_RESOURCE_INTERRUPT_MESSAGE) != 0 &&
                 descriptor->Type == CmResourceTypeInterrupt;
    }
    return count;
}

static IO_RESOURCE_REQUIREMENTS_LIST *list_of(PIRP irp)
{
    const IO_STACK_LOCATION *stack = IoGetCurrentIrpStackLocation(irp);
    mini_note('f');
    CHECK_EQ(stack->MinorFunction, IRP_MN_FILTER_RESOURCE_REQUIREMENTS);
    CHECK_PTR(stack->Parameters.FilterResourceRequirements.IoResourceRequirementList,
              (PVOID)irp->IoStatus.Information);
    return (IO_RESOURCE_REQUIREMENTS_LIST *)irp->IoStatus.Information;
}

/* Message 1 to the first processor. */
static NDIS_STATUS AimMessage(NDIS_HANDLE context, PIRP irp)
{
    IO_RESOURCE_REQUIREMENTS_LIST *list = list_of(irp);
    CHECK_PTR(context, &context_of_mine);
    CHECK_EQ(messages_in(list), MESSAGES);
    IO_RESOURCE_DESCRIPTOR *second = list->List[0].Descriptors + 2; /* behind the window */
    second->u.Interrupt.AffinityPolicy = IrqPolicySpecifiedProcessors;
    second->u.Interrupt.TargetedProcessors = 1;
    return NDIS_STATUS_SUCCESS;
}

/* A list of its own that has the window only. */
static NDIS_STATUS DropMessages(NDIS_HANDLE context, PIRP irp)
{
    IO_RESOURCE_REQUIREMENTS_LIST *list = list_of(irp);
    IO_RESOURCE_REQUIREMENTS_LIST *own = ExAllocatePool2(POOL_FLAG_NON_PAGED, sizeof *own, TAG);
    (void)context;
    *own = *list;
    own->ListSize = sizeof *own;
    own->List[0].Count = 1;
    irp->IoStatus.Information = (ULONG_PTR)own;
    ExFreePool(list);
    return NDIS_STATUS_SUCCESS;
}

static NDIS_STATUS set_options(NDIS_HANDLE driver, NDIS_HANDLE context)
{
    NDIS_DRIVER_OPTIONAL_HANDLERS other = {.Header = {.Type = NDIS_OBJECT_TYPE_DEFAULT}};
    (void)context;
    CHECK_EQ(NdisSetOptionalHandlers(driver, &other), NDIS_STATUS_NOT_SUPPORTED);
    return NdisSetOptionalHandlers(driver, (PNDIS_DRIVER_OPTIONAL_HANDLERS)(PVOID)&pnp);
}

static void defaults(MINIPORT_PNP_IRP_HANDLER filter)
{
    pnp = (NDIS_MINIPORT_PNP_CHARACTERISTICS){
        .Header = {.Type = NDIS_OBJECT_TYPE_MINIPORT_PNP_CHARACTERISTICS,
                   .Revision = NDIS_MINIPORT_PNP_CHARACTERISTICS_REVISION_1,
                   .Size = NDIS_SIZEOF_MINIPORT_PNP_CHARACTERISTICS_REVISION_1},
        .MiniportAddDeviceHandler = AddDevice,
        .MiniportRemoveDeviceHandler = RemoveDevice,
        .MiniportFilterResourceRequirementsHandler = filter,
        .MiniportStartDeviceHandler = StartDevice,
    };
    mini_defaults();
    mini.handlers.SetOptionsHandler = set_options;
}

static NDIS_STATUS see_context(NDIS_MINIPORT_INIT_PARAMETERS *parameters)
{
    CHECK_PTR(parameters->MiniportAddDeviceContext, &context_of_mine);
    return NDIS_STATUS_SUCCESS;
}

/* Added once, started for each life, removed at the end. */
static void two_lives(void *argument)
{
    (void)argument;
    defaults(NULL);
    mini.on_initialize = see_context;
    mini_start(NULL);
    adapter_halt(mini.instance, NdisHaltDeviceStopped);
    CHECK_EQ(adapter_initialize(mini.instance), NDIS_STATUS_SUCCESS);
    mini_stop();
    CHECK_EQ(strcmp(mini.log, "asIHsIHrU"), 0);
}

static void refused(NDIS_STATUS add, NDIS_STATUS start, const char *log)
{
    add_answer = add;
    start_answer = start;
    mini_register();
    mini.instance = adapter_create(mini.driver, NULL, "mini");
    CHECK_EQ(adapter_initialize(mini.instance), NDIS_STATUS_RESOURCES);
    CHECK_EQ(mini.instance->state, ADAPTER_HALTED);
    adapter_destroy(mini.instance);
    mini.object.DriverUnload(&mini.object);
    CHECK_EQ(strcmp(mini.log, log), 0);
    memset(mini.log, 0, sizeof mini.log);
}

/* MiniportInitializeEx is not called; what was added is removed. */
static void refusals(void *argument)
{
    (void)argument;
    defaults(NULL);
    refused(NDIS_STATUS_RESOURCES, NDIS_STATUS_SUCCESS, "aU");
    refused(NDIS_STATUS_SUCCESS, NDIS_STATUS_RESOURCES, "asrU");
}

static ULONG given_messages;

static NDIS_STATUS count_messages(NDIS_MINIPORT_INIT_PARAMETERS *parameters)
{
    given_messages = 0;
    for (ULONG i = 0; i < parameters->AllocatedResources->Count; i++) {
        const CM_PARTIAL_RESOURCE_DESCRIPTOR *given = &parameters->AllocatedResources->PartialDescriptors[i];
        bool message =
            given->Type == CmResourceTypeInterrupt && (given->Flags & CM_RESOURCE_INTERRUPT_MESSAGE) != 0;
        given_messages += message;
        if (message && given_messages == 2) {
            CHECK_EQ(given->u.MessageInterrupt.Translated.Affinity, 1);
        }
    }
    return NDIS_STATUS_SUCCESS;
}

static void filtered(MINIPORT_PNP_IRP_HANDLER filter, ULONG expected)
{
    defaults(filter);
    mini.on_initialize = count_messages;
    tiny.device.messages.signalling = DEVICE_BY_MSIX;
    tiny.device.messages.wanted = MESSAGES;
    tiny_attach(6);
    mini_start(&tiny.device);
    CHECK_EQ(given_messages, expected);
    mini_stop();
    tiny_detach();
    CHECK_EQ(strcmp(mini.log, "afsIHrU"), 0);
}

static void aimed(void *argument)
{
    (void)argument;
    filtered(AimMessage, MESSAGES);
}

static void dropped(void *argument)
{
    (void)argument;
    filtered(DropMessages, 0);
}

static void out_of_place(void *argument)
{
    (void)argument;
    defaults(NULL);
    mini.handlers.SetOptionsHandler = NULL;
    mini_register();
    CHECK_EQ(NdisSetOptionalHandlers(mini.driver, (PNDIS_DRIVER_OPTIONAL_HANDLERS)(PVOID)&pnp),
             NDIS_STATUS_FAILURE);
    mini.object.DriverUnload(&mini.object);
}

/* clang-format off */
static const struct test_case cases[] = {
    CASE("pnp-two-lives", two_lives, "", 1, BOTH),
    CASE("pnp-refusals", refusals, "", 1, BOTH),
    CASE("pnp-aimed", aimed, "", 2, BOTH),
    CASE("pnp-dropped", dropped, "", 2, BOTH),
    CASE("pnp-out-of-place", out_of_place, "", 1, BOTH),
};
/* clang-format on */

TEST_MAIN(cases)
