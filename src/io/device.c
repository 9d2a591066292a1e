/*
 * device.c - device objects, their stacks, and symbolic links.
 *
 * There is no PnP manager, no volume and no security: a device is there from IoCreateDevice to the end of the
 * last reference after IoDeleteDevice.
 */
#include "ex/pool.h"
#include "io/object.h"
#include "ke/ddi.h"
#include "ke/fault.h"

#define DEVICE_TAG 0x69766544u /* 'Devi' */
#define DEVICE_ALIGNMENT 16

/* Guards the device lists of drivers and the attachments. */
static struct ke_guard device_guard;

static size_t round_up(size_t size)
{
    return (size + DEVICE_ALIGNMENT - 1) & ~(size_t)(DEVICE_ALIGNMENT - 1);
}

static void destroy_device(void *object)
{
    ex_pool_free(object, DEVICE_TAG, OBJECT_DEVICE);
}

struct _OBJECT_TYPE io_device_type = {"Device", destroy_device};

/* One block: the device object, its extension for the I/O manager, the driver's extension. */
static PDEVICE_OBJECT make_device(PDRIVER_OBJECT driver, ULONG extension_size)
{
    size_t head = round_up(sizeof(DEVICE_OBJECT)), middle = round_up(sizeof(struct _DEVOBJ_EXTENSION));
    char *block =
        ex_pool_allocate(head + middle + extension_size, DEVICE_TAG, EX_POOL_ZERO, OBJECT_DEVICE, driver);
    if (block == NULL) {
        return NULL;
    }
    PDEVICE_OBJECT device = (PDEVICE_OBJECT)block;
    struct _DEVOBJ_EXTENSION *extension = (struct _DEVOBJ_EXTENSION *)(block + head);
    device->Type = IO_OBJECT_DEVICE;
    device->Size = (USHORT)(sizeof(DEVICE_OBJECT) + extension_size);
    device->DriverObject = driver;
    device->DeviceExtension = extension_size != 0 ? block + head + middle : NULL;
    device->DeviceObjectExtension = extension;
    device->StackSize = 1;
    KeInitializeDeviceQueue(&device->DeviceQueue);
    extension->Type = 13;
    extension->DeviceObject = device;
    return device;
}

static void link_device(PDRIVER_OBJECT driver, PDEVICE_OBJECT device)
{
    KIRQL old = ke_guard_enter(&device_guard);
    device->NextDevice = driver->DeviceObject;
    driver->DeviceObject = device;
    ke_guard_leave(&device_guard, old);
}

static void unlink_device(PDEVICE_OBJECT device)
{
    KIRQL old = ke_guard_enter(&device_guard);
    PDEVICE_OBJECT *link = &device->DriverObject->DeviceObject;
    while (*link != NULL && *link != device) {
        link = &(*link)->NextDevice;
    }
    if (*link != NULL) {
        *link = device->NextDevice;
    }
    ke_guard_leave(&device_guard, old);
}

/*
 * Makes a device object with a zeroed extension.  <= APC_LEVEL.  STATUS_INSUFFICIENT_RESOURCES,
 * STATUS_OBJECT_NAME_COLLISION, STATUS_OBJECT_NAME_INVALID.  nf-wdm-iocreatedevice.
 */
NTSTATUS NTAPI IoCreateDevice(PDRIVER_OBJECT DriverObject, ULONG DeviceExtensionSize,
                              PUNICODE_STRING DeviceName, DEVICE_TYPE DeviceType, ULONG DeviceCharacteristics,
                              BOOLEAN Exclusive, PDEVICE_OBJECT *DeviceObject)
{
    ddi_enter(IoCreateDevice);
    if (ddi_fails(IoCreateDevice)) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    NTSTATUS status = STATUS_SUCCESS;
    *DeviceObject = NULL;
    PDEVICE_OBJECT device = make_device(DriverObject, DeviceExtensionSize);
    if (device == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    device->DeviceType = DeviceType;
    device->Characteristics = DeviceCharacteristics;
    device->Flags = DO_DEVICE_INITIALIZING | (Exclusive ? DO_EXCLUSIVE : 0);
    if (!ob_insert(device, &io_device_type)) {
        destroy_device(device);
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    if (DeviceName != NULL) {
        device->Flags |= DO_DEVICE_HAS_NAME;
        status = ob_name_insert(DeviceName, device);
    }
    if (!NT_SUCCESS(status)) {
        ob_dereference(device);
        return status;
    }
    link_device(DriverObject, device);
    *DeviceObject = device;
    return STATUS_SUCCESS;
}

/* IoCreateDevice with a security descriptor, which changes nothing.  nf-wdmsec-wdmlibiocreatedevicesecure. */
NTSTATUS NTAPI IoCreateDeviceSecure(PDRIVER_OBJECT DriverObject, ULONG DeviceExtensionSize,
                                    PUNICODE_STRING DeviceName, DEVICE_TYPE DeviceType,
                                    ULONG DeviceCharacteristics, BOOLEAN Exclusive,
                                    PCUNICODE_STRING DefaultSDDLString, LPCGUID DeviceClassGuid,
                                    PDEVICE_OBJECT *DeviceObject)
{
    ddi_enter(IoCreateDeviceSecure);
    if (ddi_fails(IoCreateDeviceSecure)) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    (void)DefaultSDDLString, (void)DeviceClassGuid;
    return IoCreateDevice(DriverObject, DeviceExtensionSize, DeviceName, DeviceType, DeviceCharacteristics,
                          Exclusive, DeviceObject);
}

/*
 * Takes the device out of the system; its memory goes with the last reference (an open file, a queued work
 * item).  <= APC_LEVEL.  nf-wdm-iodeletedevice.
 */
VOID NTAPI IoDeleteDevice(PDEVICE_OBJECT DeviceObject)
{
    ddi_enter(IoDeleteDevice);
    ob_name_remove(DeviceObject);
    unlink_device(DeviceObject);
    io_timer_destroy(DeviceObject);
    ob_dereference(DeviceObject);
}

PDEVICE_OBJECT io_device_top(PDEVICE_OBJECT device)
{
    KIRQL old = ke_guard_enter(&device_guard);
    while (device->AttachedDevice != NULL) {
        device = device->AttachedDevice;
    }
    ke_guard_leave(&device_guard, old);
    return device;
}

/* The device at the top of the stack, with a reference.  <= DISPATCH_LEVEL.
 * nf-wdm-iogetattacheddevicereference. */
PDEVICE_OBJECT NTAPI IoGetAttachedDeviceReference(PDEVICE_OBJECT DeviceObject)
{
    ddi_enter(IoGetAttachedDeviceReference);
    PDEVICE_OBJECT top = io_device_top(DeviceObject);
    ob_reference(top);
    return top;
}

/* The same without a reference. */
PDEVICE_OBJECT NTAPI IoGetAttachedDevice(PDEVICE_OBJECT DeviceObject)
{
    ddi_enter(IoGetAttachedDevice);
    return io_device_top(DeviceObject);
}

/*
 * Puts SourceDevice on top of the stack that TargetDevice is in and returns the device that it now lies on.
 * <= DISPATCH_LEVEL.  nf-wdm-ioattachdevicetodevicestack.
 */
PDEVICE_OBJECT NTAPI IoAttachDeviceToDeviceStack(PDEVICE_OBJECT SourceDevice, PDEVICE_OBJECT TargetDevice)
{
    ddi_enter(IoAttachDeviceToDeviceStack);
    if (ddi_fails(IoAttachDeviceToDeviceStack)) {
        return NULL;
    }
    PDEVICE_OBJECT top = TargetDevice;
    KIRQL old = ke_guard_enter(&device_guard);
    while (top->AttachedDevice != NULL) {
        top = top->AttachedDevice;
    }
    top->AttachedDevice = SourceDevice;
    SourceDevice->StackSize = (CCHAR)(top->StackSize + 1);
    SourceDevice->AlignmentRequirement = top->AlignmentRequirement;
    ke_guard_leave(&device_guard, old);
    return top;
}

/* Undoes that; TargetDevice is what the attach returned.  PASSIVE_LEVEL.  nf-wdm-iodetachdevice. */
VOID NTAPI IoDetachDevice(PDEVICE_OBJECT TargetDevice)
{
    ddi_enter(IoDetachDevice);
    KIRQL old = ke_guard_enter(&device_guard);
    TargetDevice->AttachedDevice = NULL;
    ke_guard_leave(&device_guard, old);
}

/*
 * Makes a symbolic link to a device name, which need not exist.  PASSIVE_LEVEL.
 * STATUS_OBJECT_NAME_COLLISION, STATUS_OBJECT_NAME_INVALID.  nf-wdm-iocreatesymboliclink.
 */
NTSTATUS NTAPI IoCreateSymbolicLink(PUNICODE_STRING SymbolicLinkName, PUNICODE_STRING DeviceName)
{
    ddi_enter(IoCreateSymbolicLink);
    if (ddi_fails(IoCreateSymbolicLink)) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    return ob_name_link(SymbolicLinkName, DeviceName);
}

/* Removes a link.  PASSIVE_LEVEL.  STATUS_OBJECT_NAME_NOT_FOUND.  nf-wdm-iodeletesymboliclink. */
NTSTATUS NTAPI IoDeleteSymbolicLink(PUNICODE_STRING SymbolicLinkName)
{
    ddi_enter(IoDeleteSymbolicLink);
    return ob_name_unlink(SymbolicLinkName);
}
