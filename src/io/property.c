/*
 * property.c - IoGetDeviceProperty: what is known of a simulated device.
 *
 * A device on the bus has a vendor and a number and its place; one without hardware belongs to the root
 * enumerator.  Neither has an INF file, so nobody has given it a friendly name.
 */
#include "io/pdo.h"
#include "ke/ddi.h"

#include <ntstrsafe.h>
#include <stdarg.h>
#include <string.h>

#define UNITS 96 /* of the longest text */

struct value {
    NTSTATUS status;
    ULONG size;
    union {
        WCHAR text[UNITS];
        ULONG number;
        GUID guid;
    };
};

/* {C8EBDFB0-B510-11D0-80E5-00A0C92542E3}: PCI */
static const GUID pci_bus = {0xC8EBDFB0, 0xB510, 0x11D0, {0x80, 0xE5, 0x00, 0xA0, 0xC9, 0x25, 0x42, 0xE3}};

static void put_text(struct value *value, const WCHAR *format, ...)
{
    va_list arguments;
    size_t length = 0;
    va_start(arguments, format);
    value->status = RtlStringCchVPrintfW(value->text, UNITS, format, arguments);
    va_end(arguments);
    RtlStringCchLengthW(value->text, UNITS, &length);
    value->size = (ULONG)((length + 1) * sizeof(WCHAR));
}

/* One text of a REG_MULTI_SZ. */
static void end_list(struct value *value)
{
    value->text[value->size / sizeof(WCHAR)] = 0;
    value->size += sizeof(WCHAR);
}

static void put_number(struct value *value, ULONG number)
{
    value->number = number;
    value->size = sizeof(number);
}

static void put_guid(struct value *value, const GUID *guid)
{
    value->guid = *guid;
    value->size = sizeof(*guid);
}

static void put_none(struct value *value)
{
    value->status = STATUS_OBJECT_NAME_NOT_FOUND;
}

static void describe_identity(struct value *value, const struct io_pdo *pdo,
                              DEVICE_REGISTRY_PROPERTY property)
{
    const struct device_operations *operations = pdo->device != NULL ? pdo->device->operations : NULL;
    switch (property) {
    case DevicePropertyDeviceDescription:
        put_text(value, L"%hs", operations != NULL ? operations->name : "virtual adapter");
        break;
    case DevicePropertyHardwareID:
        if (operations != NULL) {
            put_text(value, L"PCI\\VEN_%04X&DEV_%04X", operations->vendor_id, operations->device_id);
        } else {
            put_text(value, L"ROOT\\NET");
        }
        end_list(value);
        break;
    case DevicePropertyClassName:
        put_text(value, L"Net");
        break;
    case DevicePropertyClassGuid: /* network adapters */
        put_text(value, L"{4D36E972-E325-11CE-BFC1-08002BE10318}");
        break;
    case DevicePropertyDriverKeyName:
        put_text(value, L"{4D36E972-E325-11CE-BFC1-08002BE10318}\\%04u", pdo->number);
        break;
    default:
        put_text(value, L"undis");
        break;
    }
}

/* Where it is; what only a bus knows is not there for a device of the root enumerator. */
static void describe_place(struct value *value, const struct io_pdo *pdo, DEVICE_REGISTRY_PROPERTY property)
{
    if (pdo->device == NULL) {
        put_none(value);
        return;
    }
    switch (property) {
    case DevicePropertyLocationInformation:
        put_text(value, L"PCI bus 0, device %u, function 0", pdo->number);
        break;
    case DevicePropertyBusTypeGuid:
        put_guid(value, &pci_bus);
        break;
    case DevicePropertyLegacyBusType:
        put_number(value, PCIBus);
        break;
    case DevicePropertyBusNumber:
        put_number(value, 0);
        break;
    default: /* the device's number above, the function's below */
        put_number(value, pdo->number << 16);
        break;
    }
}

static void describe(struct value *value, const struct io_pdo *pdo, DEVICE_REGISTRY_PROPERTY property)
{
    switch (property) {
    case DevicePropertyDeviceDescription:
    case DevicePropertyHardwareID:
    case DevicePropertyClassName:
    case DevicePropertyClassGuid:
    case DevicePropertyDriverKeyName:
    case DevicePropertyManufacturer:
        describe_identity(value, pdo, property);
        break;
    case DevicePropertyLocationInformation:
    case DevicePropertyBusTypeGuid:
    case DevicePropertyLegacyBusType:
    case DevicePropertyBusNumber:
    case DevicePropertyAddress:
        describe_place(value, pdo, property);
        break;
    case DevicePropertyPhysicalDeviceObjectName:
        put_text(value, pdo->device != NULL ? L"\\Device\\NTPNP_PCI%04u" : L"\\Device\\%08u", pdo->number);
        break;
    case DevicePropertyEnumeratorName:
        put_text(value, pdo->device != NULL ? L"PCI" : L"ROOT");
        break;
    case DevicePropertyUINumber:
        put_number(value, MAXULONG);
        break;
    case DevicePropertyInstallState: /* installed */
        put_number(value, 0);
        break;
    case DevicePropertyRemovalPolicy: /* surprise removal is to be expected of a device on the bus */
        put_number(value, pdo->device != NULL ? 3 : 1);
        break;
    case DevicePropertyCompatibleIDs:
    case DevicePropertyBootConfiguration:
    case DevicePropertyBootConfigurationTranslated:
    case DevicePropertyFriendlyName:
        put_none(value);
        break;
    default:
        value->status = STATUS_INVALID_PARAMETER_2;
        break;
    }
}

/*
 * A property of a physical device object, *ResultLength bytes.  PASSIVE_LEVEL.  STATUS_BUFFER_TOO_SMALL, and
 * *ResultLength says how much is needed; STATUS_INVALID_PARAMETER_2: no such property;
 * STATUS_OBJECT_NAME_NOT_FOUND: this device has none; STATUS_INVALID_DEVICE_REQUEST: no physical device
 * object. nf-wdm-iogetdeviceproperty.
 */
NTSTATUS IoGetDeviceProperty(PDEVICE_OBJECT DeviceObject, DEVICE_REGISTRY_PROPERTY DeviceProperty,
                             ULONG BufferLength, PVOID PropertyBuffer, PULONG ResultLength)
{
    ddi_enter(IoGetDeviceProperty);
    struct value value = {.status = STATUS_SUCCESS};
    const struct io_pdo *pdo = io_pdo_of(DeviceObject);
    *ResultLength = 0;
    if (pdo == NULL) {
        return STATUS_INVALID_DEVICE_REQUEST;
    }
    describe(&value, pdo, DeviceProperty);
    if (!NT_SUCCESS(value.status)) {
        return value.status;
    }
    *ResultLength = value.size;
    if (BufferLength < value.size) {
        return STATUS_BUFFER_TOO_SMALL;
    }
    memcpy(PropertyBuffer, value.text, value.size);
    return STATUS_SUCCESS;
}

/* Is the request from a 32-bit process?  There is none.  Irp may be NULL.  <= DISPATCH_LEVEL.
 * nf-wdm-iois32bitprocess. */
BOOLEAN IoIs32bitProcess(PIRP Irp)
{
    ddi_enter(IoIs32bitProcess);
    (void)Irp;
    return FALSE;
}
