/*
 * driver.c - miniport drivers: registration, optional handlers, unload.
 */
#include "ke/ddi.h"
#include "ke/fault.h"
#include "ndis/adapter.h"

static LIST_ENTRY drivers = {&drivers, &drivers};
static struct ke_guard drivers_guard;

struct ndis_miniport_driver *miniport_of(const DRIVER_OBJECT *object)
{
    struct ndis_miniport_driver *found = NULL;
    KIRQL old = ke_guard_enter(&drivers_guard);
    for (LIST_ENTRY *entry = drivers.Flink; entry != &drivers; entry = entry->Flink) {
        struct ndis_miniport_driver *driver = CONTAINING_RECORD(entry, struct ndis_miniport_driver, link);
        if (driver->object == object && driver->registered) {
            found = driver;
        }
    }
    ke_guard_leave(&drivers_guard, old);
    return found;
}

/* The DriverUnload that NDIS puts into the driver object: it goes on to MiniportDriverUnload. */
static void miniport_unload(DRIVER_OBJECT *object)
{
    struct ndis_miniport_driver *driver = miniport_of(object);
    if (driver == NULL) {
        return;
    }
    ndis_require(driver->adapters == 0, "MiniportDriverUnload comes after the last MiniportHaltEx");
    MINIPORT_ENTER(frame, "MiniportDriverUnload", driver->handlers.UnloadHandler);
    driver->handlers.UnloadHandler(object);
    callback_leave(&frame);
}

static bool characteristics_complete(const NDIS_MINIPORT_DRIVER_CHARACTERISTICS *c)
{
    return c->InitializeHandlerEx != NULL && c->HaltHandlerEx != NULL && c->UnloadHandler != NULL &&
           c->PauseHandler != NULL && c->RestartHandler != NULL && c->OidRequestHandler != NULL &&
           c->SendNetBufferListsHandler != NULL && c->ReturnNetBufferListsHandler != NULL &&
           c->CancelSendHandler != NULL && c->DevicePnPEventNotifyHandler != NULL &&
           c->ShutdownHandlerEx != NULL && c->CancelOidRequestHandler != NULL;
}

static size_t characteristics_size(const NDIS_MINIPORT_DRIVER_CHARACTERISTICS *c)
{
    size_t size = c->Header.Size;
    return size < sizeof *c ? size : sizeof *c;
}

static NDIS_STATUS set_options(struct ndis_miniport_driver *driver)
{
    if (driver->handlers.SetOptionsHandler == NULL) {
        return NDIS_STATUS_SUCCESS;
    }
    MINIPORT_ENTER(frame, "MiniportSetOptions", driver->handlers.SetOptionsHandler);
    driver->setting_options = TRUE;
    NDIS_STATUS status = driver->handlers.SetOptionsHandler(driver, driver->context);
    driver->setting_options = FALSE;
    callback_leave(&frame);
    return status;
}

/*
 * Registers a miniport driver; MiniportSetOptions runs inside.  PASSIVE_LEVEL.
 * NDIS_STATUS_BAD_CHARACTERISTICS when a mandatory handler or the header is wrong, NDIS_STATUS_BAD_VERSION
 * for a version that is not 6.x, NDIS_STATUS_RESOURCES.  nf-ndis-ndismregisterminiportdriver; lifecycle
 * table, row (driver).
 */
NDIS_STATUS NdisMRegisterMiniportDriver(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath,
                                        NDIS_HANDLE MiniportDriverContext,
                                        PNDIS_MINIPORT_DRIVER_CHARACTERISTICS Characteristics,
                                        PNDIS_HANDLE NdisMiniportDriverHandle)
{
    ddi_enter(NdisMRegisterMiniportDriver);
    if (ddi_fails(NdisMRegisterMiniportDriver)) {
        return NDIS_STATUS_RESOURCES;
    }
    (void)RegistryPath;
    if (Characteristics->Header.Type != NDIS_OBJECT_TYPE_MINIPORT_DRIVER_CHARACTERISTICS) {
        return NDIS_STATUS_BAD_CHARACTERISTICS;
    }
    if (Characteristics->MajorNdisVersion != 6) {
        return NDIS_STATUS_BAD_VERSION;
    }
    struct ndis_miniport_driver *driver = ke_allocate(sizeof *driver);
    if (driver == NULL) {
        return NDIS_STATUS_RESOURCES;
    }
    driver->signature = NDIS_SIGNATURE_DRIVER;
    driver->object = DriverObject;
    driver->context = MiniportDriverContext;
    RtlCopyMemory(&driver->handlers, Characteristics, characteristics_size(Characteristics));
    if (!characteristics_complete(&driver->handlers)) {
        ke_free(driver);
        return NDIS_STATUS_BAD_CHARACTERISTICS;
    }
    *NdisMiniportDriverHandle = driver;
    NDIS_STATUS status = set_options(driver);
    if (status != NDIS_STATUS_SUCCESS) {
        *NdisMiniportDriverHandle = NULL;
        ke_free(driver);
        return status;
    }
    DriverObject->DriverUnload = miniport_unload;
    driver->registered = TRUE;
    KIRQL old = ke_guard_enter(&drivers_guard);
    InsertTailList(&drivers, &driver->link);
    ke_guard_leave(&drivers_guard, old);
    event_send(EVENT_OBJECT_CREATE, driver, OBJECT_HANDLE, 0, 0, 0);
    return NDIS_STATUS_SUCCESS;
}

/*
 * Releases a miniport driver; from MiniportDriverUnload, or from DriverEntry when that fails later.
 * PASSIVE_LEVEL.  nf-ndis-ndismderegisterminiportdriver.
 */
VOID NdisMDeregisterMiniportDriver(NDIS_HANDLE NdisMiniportDriverHandle)
{
    ddi_enter(NdisMDeregisterMiniportDriver);
    struct ndis_miniport_driver *driver = NdisMiniportDriverHandle;
    if (driver == NULL || driver->signature != NDIS_SIGNATURE_DRIVER) {
        ke_bugcheck(BUGCODE_NDIS_DRIVER, 0x21, (ULONG_PTR)driver, 0, 0);
    }
    if (driver->adapters != 0) { /* premature unload */
        ke_bugcheck(BUGCODE_NDIS_DRIVER, 0x0A, (ULONG_PTR)driver, (ULONG_PTR)driver->object,
                    (ULONG_PTR)driver->adapters);
    }
    KIRQL old = ke_guard_enter(&drivers_guard);
    RemoveEntryList(&driver->link);
    ke_guard_leave(&drivers_guard, old);
    driver->registered = FALSE;
    driver->signature = NDIS_SIGNATURE_DEAD;
    event_send(EVENT_OBJECT_DESTROY, driver, OBJECT_HANDLE, 0, 0, 0);
    event_send(EVENT_OWNER_END, driver, 0, 0, 0, 0);
    ke_free(driver);
}
