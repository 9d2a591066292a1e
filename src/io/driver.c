/*
 * driver.c - driver objects.
 */
#include "io/driver.h"
#include "ex/pool.h"
#include "io/object.h"
#include "ke/ddi.h"
#include "ke/fault.h"
#include "rtl/registry.h"

#include <string.h>

#define DRIVER_TAG 0x76697244u /* 'Driv' */
#define DRIVER_NAME_LONGEST 64

static const WCHAR driver_directory[] = L"\\Driver\\";
static const WCHAR driver_services[] = L"\\Registry\\Machine\\System\\CurrentControlSet\\Services\\";

/* A client extension of IoAllocateDriverObjectExtension; the driver's bytes follow. */
struct driver_client {
    struct driver_client *next;
    PVOID identification;
    size_t size;
    UCHAR bytes[] __attribute__((aligned(16)));
};

struct io_driver {
    DRIVER_OBJECT object;
    DRIVER_EXTENSION extension;
    struct driver_client *clients;
    const void *base, *end;
    UNICODE_STRING registry_path;
    char name[DRIVER_NAME_LONGEST + 1];
    WCHAR driver_name[RTL_NUMBER_OF(driver_directory) + DRIVER_NAME_LONGEST];
    WCHAR services_name[RTL_NUMBER_OF(driver_services) + DRIVER_NAME_LONGEST];
};

static struct ke_guard client_guard;

static void destroy_driver(void *object)
{
    ex_pool_free(object, DRIVER_TAG, OBJECT_DEVICE);
}

struct _OBJECT_TYPE io_driver_type = {"Driver", destroy_driver};

/* What a driver that sets no dispatch routine does with a request. */
static NTSTATUS NTAPI refuse_request(PDEVICE_OBJECT device, PIRP irp)
{
    (void)device;
    irp->IoStatus.Status = STATUS_INVALID_DEVICE_REQUEST;
    irp->IoStatus.Information = 0;
    IofCompleteRequest(irp, IO_NO_INCREMENT);
    return STATUS_INVALID_DEVICE_REQUEST;
}

static UNICODE_STRING join(WCHAR *buffer, const WCHAR *directory, size_t directory_length, const char *name)
{
    size_t length = directory_length;
    memcpy(buffer, directory, directory_length * sizeof(WCHAR));
    while (*name != '\0') {
        buffer[length++] = (WCHAR)(unsigned char)*name++;
    }
    buffer[length] = 0;
    USHORT bytes = (USHORT)(length * sizeof(WCHAR));
    return (UNICODE_STRING){bytes, (USHORT)(bytes + sizeof(WCHAR)), buffer};
}

static void fill_in(struct io_driver *driver, const char *name, const void *base, const void *end)
{
    DRIVER_OBJECT *object = &driver->object;
    memcpy(driver->name, name, strlen(name) + 1);
    driver->base = base;
    driver->end = end;
    driver->registry_path =
        join(driver->services_name, driver_services, RTL_NUMBER_OF(driver_services) - 1, name);
    object->Type = IO_OBJECT_DRIVER;
    object->Size = sizeof(DRIVER_OBJECT);
    object->DriverStart = (PVOID)(uintptr_t)base;
    object->DriverSize = (ULONG)((uintptr_t)end - (uintptr_t)base);
    object->DriverExtension = &driver->extension;
    object->DriverName =
        join(driver->driver_name, driver_directory, RTL_NUMBER_OF(driver_directory) - 1, name);
    driver->extension.DriverObject = object;
    driver->extension.ServiceKeyName = driver->registry_path;
    for (size_t i = 0; i < RTL_NUMBER_OF(object->MajorFunction); i++) {
        object->MajorFunction[i] = refuse_request;
    }
}

PDRIVER_OBJECT io_driver_create(const char *name, const void *base, const void *end)
{
    if (strlen(name) > DRIVER_NAME_LONGEST) {
        return NULL;
    }
    /* Made by the system, so it is nobody's leak: it is its own owner. */
    struct io_driver *driver =
        ex_pool_allocate(sizeof(*driver), DRIVER_TAG, EX_POOL_ZERO, OBJECT_DEVICE, &io_driver_type);
    if (driver == NULL) {
        return NULL;
    }
    fill_in(driver, name, base, end);
    if (!ob_insert(driver, &io_driver_type)) {
        destroy_driver(driver);
        return NULL;
    }
    if (!NT_SUCCESS(ob_name_insert(&driver->object.DriverName, driver))) {
        ob_dereference(driver);
        return NULL;
    }
    bool created;
    (void)rtl_key_create(&driver->registry_path, &created); /* without it the driver sees no Parameters */
    event_send(EVENT_DRIVER_LOAD, base, (uintptr_t)end, (uintptr_t)driver->name, (uintptr_t)driver, 0);
    return &driver->object;
}

static struct io_driver *driver_of(PDRIVER_OBJECT object)
{
    return CONTAINING_RECORD(object, struct io_driver, object);
}

PUNICODE_STRING io_driver_registry_path(PDRIVER_OBJECT driver)
{
    return &driver_of(driver)->registry_path;
}

NTSTATUS io_driver_start(PDRIVER_OBJECT driver, long (*entry)(void *driver_object, void *registry_path))
{
    struct callback_frame frame;
    driver->DriverInit = (PDRIVER_INITIALIZE)(void (*)(void))entry;
    callback_enter(&frame, CALLBACK_DRIVER_ENTRY, "DriverEntry", (const void *)(uintptr_t)entry);
    NTSTATUS status = driver->DriverInit(driver, io_driver_registry_path(driver));
    callback_leave(&frame);
    for (PDEVICE_OBJECT device = driver->DeviceObject; device != NULL; device = device->NextDevice) {
        device->Flags &= ~(ULONG)DO_DEVICE_INITIALIZING;
    }
    return status;
}

bool io_driver_unload(PDRIVER_OBJECT driver)
{
    PDRIVER_UNLOAD routine = driver->DriverUnload;
    if (routine == NULL) {
        return false;
    }
    struct callback_frame frame;
    callback_enter(&frame, CALLBACK_DRIVER_UNLOAD, "DriverUnload", (const void *)(uintptr_t)routine);
    routine(driver);
    callback_leave(&frame);
    return true;
}

void io_driver_end(PDRIVER_OBJECT object)
{
    struct io_driver *driver = driver_of(object);
    event_send(EVENT_OWNER_END, driver, 0, 0, 0, 0);
    while (object->DeviceObject != NULL) {
        IoDeleteDevice(object->DeviceObject);
    }
    while (driver->clients != NULL) {
        struct driver_client *client = driver->clients;
        driver->clients = client->next;
        ex_pool_free(client, DRIVER_TAG, OBJECT_DEVICE);
    }
    event_send(EVENT_DRIVER_UNLOAD, driver->base, (uintptr_t)driver->end, (uintptr_t)driver->name,
               (uintptr_t)driver, 0);
}

void io_driver_delete(PDRIVER_OBJECT object)
{
    struct io_driver *driver = driver_of(object);
    io_driver_end(object);
    ob_name_remove(driver);
    ob_dereference(driver);
}

static struct driver_client *find_client(const struct io_driver *driver, const void *identification)
{
    struct driver_client *client = driver->clients;
    while (client != NULL && client->identification != identification) {
        client = client->next;
    }
    return client;
}

/*
 * Gives the driver object a zeroed context area of its own, freed with the driver.  <= DISPATCH_LEVEL.
 * STATUS_OBJECT_NAME_COLLISION, STATUS_INSUFFICIENT_RESOURCES.  nf-wdm-ioallocatedriverobjectextension.
 */
NTSTATUS NTAPI IoAllocateDriverObjectExtension(PDRIVER_OBJECT DriverObject, PVOID ClientIdentificationAddress,
                                               ULONG DriverObjectExtensionSize, PVOID *DriverObjectExtension)
{
    ddi_enter(IoAllocateDriverObjectExtension);
    if (ddi_fails(IoAllocateDriverObjectExtension)) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    struct io_driver *driver = driver_of(DriverObject);
    *DriverObjectExtension = NULL;
    struct driver_client *client = ex_pool_allocate(sizeof(*client) + DriverObjectExtensionSize, DRIVER_TAG,
                                                    EX_POOL_ZERO, OBJECT_DEVICE, &io_driver_type);
    if (client == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    client->identification = ClientIdentificationAddress;
    client->size = DriverObjectExtensionSize;
    KIRQL old = ke_guard_enter(&client_guard);
    bool taken = find_client(driver, ClientIdentificationAddress) != NULL;
    if (!taken) {
        client->next = driver->clients;
        driver->clients = client;
    }
    ke_guard_leave(&client_guard, old);
    if (taken) {
        ex_pool_free(client, DRIVER_TAG, OBJECT_DEVICE);
        return STATUS_OBJECT_NAME_COLLISION;
    }
    *DriverObjectExtension = client->bytes;
    return STATUS_SUCCESS;
}

/* That context area, or NULL.  <= DISPATCH_LEVEL.  nf-wdm-iogetdriverobjectextension. */
PVOID NTAPI IoGetDriverObjectExtension(PDRIVER_OBJECT DriverObject, PVOID ClientIdentificationAddress)
{
    ddi_enter(IoGetDriverObjectExtension);
    KIRQL old = ke_guard_enter(&client_guard);
    struct driver_client *client = find_client(driver_of(DriverObject), ClientIdentificationAddress);
    ke_guard_leave(&client_guard, old);
    return client != NULL ? client->bytes : NULL;
}
