/*
 * device.c - device objects that a miniport driver makes for itself, beside its adapters.
 *
 * The dispatch table of the driver object belongs to NDIS; it hands each request to the table that the device
 * was registered with.  Not guaranteed: the security descriptor and class are not looked at.
 */
#include "ke/ddi.h"
#include "ke/fault.h"
#include "ndis/adapter.h"

/* What NDIS keeps at the beginning of the device extension; the driver's part lies behind it. */
struct ndis_device {
    uint32_t signature;
    DEVICE_OBJECT *object;
    UNICODE_STRING link; /* Buffer is NULL: none */
    PDRIVER_DISPATCH functions[IRP_MJ_MAXIMUM_FUNCTION + 1];
} __attribute__((aligned(16)));

static NTSTATUS NTAPI dispatch(PDEVICE_OBJECT object, PIRP irp)
{
    struct ndis_device *device = object->DeviceExtension;
    UCHAR major = IoGetCurrentIrpStackLocation(irp)->MajorFunction;
    PDRIVER_DISPATCH function = device->functions[major];
    if (device->signature != NDIS_SIGNATURE_DEVICE || function == NULL) {
        irp->IoStatus.Status = STATUS_INVALID_DEVICE_REQUEST;
        irp->IoStatus.Information = 0;
        IoCompleteRequest(irp, IO_NO_INCREMENT);
        return STATUS_INVALID_DEVICE_REQUEST;
    }
    struct callback_frame frame;
    callback_enter(&frame, CALLBACK_DISPATCH, "DispatchXxx", (const void *)(uintptr_t)function);
    NTSTATUS status = function(object, irp);
    callback_leave(&frame);
    return status;
}

static NTSTATUS make_link(struct ndis_device *device, NDIS_DEVICE_OBJECT_ATTRIBUTES *attributes)
{
    if (attributes->SymbolicName == NULL || attributes->SymbolicName->Buffer == NULL) {
        return STATUS_SUCCESS;
    }
    WCHAR *copy = ke_allocate(attributes->SymbolicName->Length);
    if (copy == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    NTSTATUS status = IoCreateSymbolicLink(attributes->SymbolicName, attributes->DeviceName);
    if (!NT_SUCCESS(status)) {
        ke_free(copy);
        return status;
    }
    RtlCopyMemory(copy, attributes->SymbolicName->Buffer, attributes->SymbolicName->Length);
    device->link = (UNICODE_STRING){.Length = attributes->SymbolicName->Length,
                                    .MaximumLength = attributes->SymbolicName->Length,
                                    .Buffer = copy};
    return STATUS_SUCCESS;
}

/* The driver that a handle stands for, its own or that of one of its adapters; NULL for another handle. */
static const struct ndis_miniport_driver *driver_of(NDIS_HANDLE handle)
{
    const struct ndis_miniport_driver *driver = handle;
    const struct ndis_adapter *adapter = adapter_of(handle);
    if (adapter != NULL) {
        return adapter->driver;
    }
    return driver != NULL && driver->signature == NDIS_SIGNATURE_DRIVER ? driver : NULL;
}

/*
 * Makes a named device with its own dispatch routines, and a symbolic link to it.  PASSIVE_LEVEL.
 * NDIS_STATUS_INVALID_PARAMETER for what is no miniport driver's or adapter's handle; else what
 * IoCreateDevice or IoCreateSymbolicLink answer.  nf-ndis-ndisregisterdeviceex.
 */
NDIS_STATUS NdisRegisterDeviceEx(NDIS_HANDLE NdisObjectHandle,
                                 PNDIS_DEVICE_OBJECT_ATTRIBUTES DeviceObjectAttributes,
                                 PDEVICE_OBJECT *pDeviceObject, PNDIS_HANDLE NdisDeviceHandle)
{
    ddi_enter(NdisRegisterDeviceEx);
    if (ddi_fails(NdisRegisterDeviceEx)) {
        return NDIS_STATUS_RESOURCES;
    }
    const struct ndis_miniport_driver *driver = driver_of(NdisObjectHandle);
    if (driver == NULL || DeviceObjectAttributes->MajorFunctions == NULL) {
        return NDIS_STATUS_INVALID_PARAMETER;
    }
    DEVICE_OBJECT *object;
    NTSTATUS status = IoCreateDevice(
        driver->object, (ULONG)sizeof(struct ndis_device) + DeviceObjectAttributes->ExtensionSize,
        DeviceObjectAttributes->DeviceName, FILE_DEVICE_NETWORK, FILE_DEVICE_SECURE_OPEN, FALSE, &object);
    if (!NT_SUCCESS(status)) {
        return status;
    }
    struct ndis_device *device = object->DeviceExtension;
    device->signature = NDIS_SIGNATURE_DEVICE;
    device->object = object;
    RtlCopyMemory(device->functions, DeviceObjectAttributes->MajorFunctions, sizeof device->functions);
    status = make_link(device, DeviceObjectAttributes);
    if (!NT_SUCCESS(status)) {
        IoDeleteDevice(object);
        return status;
    }
    for (unsigned major = 0; major <= IRP_MJ_MAXIMUM_FUNCTION; major++) {
        driver->object->MajorFunction[major] = dispatch;
    }
    object->Flags &= ~(ULONG)DO_DEVICE_INITIALIZING;
    *pDeviceObject = object;
    *NdisDeviceHandle = device;
    return NDIS_STATUS_SUCCESS;
}

/* Deletes the device and its link.  PASSIVE_LEVEL.  nf-ndis-ndisderegisterdeviceex. */
VOID NdisDeregisterDeviceEx(NDIS_HANDLE NdisDeviceHandle)
{
    ddi_enter(NdisDeregisterDeviceEx);
    struct ndis_device *device = NdisDeviceHandle;
    if (device == NULL || device->signature != NDIS_SIGNATURE_DEVICE) {
        ke_bugcheck(BUGCODE_NDIS_DRIVER, 0x21, 0, (ULONG_PTR)device, 0);
    }
    if (device->link.Buffer != NULL) {
        IoDeleteSymbolicLink(&device->link);
        ke_free(device->link.Buffer);
    }
    device->signature = NDIS_SIGNATURE_DEAD;
    IoDeleteDevice(device->object);
}

/* The driver's part of the device extension.  Any IRQL.  nf-ndis-ndisgetdevicereservedextension. */
PVOID NdisGetDeviceReservedExtension(PDEVICE_OBJECT DeviceObject)
{
    ddi_enter(NdisGetDeviceReservedExtension);
    struct ndis_device *device = DeviceObject->DeviceExtension;
    return device == NULL || device->signature != NDIS_SIGNATURE_DEVICE ? NULL : device + 1;
}
