/*
 * interrupt.c - interrupt service routines that a driver connects itself, without NDIS: by line and by
 * message.
 *
 * All interrupt objects of one connection run at one level and under one spin lock, the driver's or their
 * own, so they exclude each other and what KeSynchronizeExecution runs (IN-5, IN-20).
 */
#include "io/pdo.h"
#include "ke/ddi.h"
#include "ke/fault.h"
#include "ke/memory.h"
#include "ke/run.h"

struct connection;

struct source {
    struct ke_interrupt kernel;
    struct connection *connection;
    ULONG message;
};

struct connection {
    struct connection *next;
    PKSERVICE_ROUTINE service;
    PKMESSAGE_SERVICE_ROUTINE message_service;
    PVOID context;
    struct device *device;            /* whose messages they are */
    IO_INTERRUPT_MESSAGE_INFO *table; /* of messages; NULL: a line */
    unsigned count;
    struct source sources[];
};

static struct ke_guard connections_guard;
static struct connection *connections;

/* What is to be connected. */
struct wanted {
    PKSERVICE_ROUTINE service;
    PKMESSAGE_SERVICE_ROUTINE message_service;
    PVOID context;
    PKSPIN_LOCK lock; /* NULL: the connection's own */
    KIRQL irql;       /* at least */
};

static PKINTERRUPT handle_of(struct source *source)
{
    return (PKINTERRUPT)(void *)&source->kernel;
}

static BOOLEAN serve(struct ke_interrupt *kernel, void *context)
{
    struct source *source = context;
    const struct connection *connection = source->connection;
    struct callback_frame frame;
    BOOLEAN recognized;
    (void)kernel;
    if (connection->table != NULL) {
        callback_enter(&frame, CALLBACK_ISR, "InterruptMessageService",
                       (const void *)(uintptr_t)connection->message_service);
        recognized = connection->message_service(handle_of(source), connection->context, source->message);
    } else {
        callback_enter(&frame, CALLBACK_ISR, "InterruptService",
                       (const void *)(uintptr_t)connection->service);
        recognized = connection->service(handle_of(source), connection->context);
    }
    callback_leave(&frame);
    return recognized;
}

static struct connection *make(const struct wanted *wanted, unsigned count)
{
    struct connection *connection = ke_allocate(sizeof(*connection) + count * sizeof(connection->sources[0]));
    if (connection == NULL) {
        return NULL;
    }
    connection->service = wanted->service;
    connection->message_service = wanted->message_service;
    connection->context = wanted->context;
    connection->count = count;
    connection->sources[0].kernel.given = wanted->lock;
    for (unsigned i = 0; i < count; i++) {
        struct source *source = &connection->sources[i];
        source->kernel.service = serve;
        source->kernel.context = source;
        source->connection = connection;
        source->message = i;
    }
    return connection;
}

static void link_connection(struct connection *connection)
{
    KIRQL old = ke_guard_enter(&connections_guard);
    connection->next = connections;
    connections = connection;
    ke_guard_leave(&connections_guard, old);
    event_send(EVENT_OBJECT_CREATE, connection, OBJECT_INTERRUPT, 0, 0, 0);
}

/* Takes the connection out whose first interrupt object, or whose table, that is; NULL: there is none. */
static struct connection *unlink_connection(const void *handle)
{
    KIRQL old = ke_guard_enter(&connections_guard);
    struct connection **link = &connections, *found = NULL;
    while (*link != NULL && handle != &(*link)->sources[0].kernel && handle != (*link)->table) {
        link = &(*link)->next;
    }
    if (*link != NULL) {
        found = *link;
        *link = found->next;
    }
    ke_guard_leave(&connections_guard, old);
    return found;
}

/* The service routine may run before *object is written: it is written first. */
static NTSTATUS connect_line(const struct wanted *wanted, struct ke_line *line, PKINTERRUPT *object)
{
    struct connection *connection = make(wanted, 1);
    if (connection == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    struct ke_interrupt *kernel = &connection->sources[0].kernel;
    KIRQL irql = wanted->irql > ke_line_irql(line) ? wanted->irql : ke_line_irql(line);
    link_connection(connection);
    *object = handle_of(&connection->sources[0]);
    ke_interrupt_connect_shared(kernel, line, kernel, irql);
    return STATUS_SUCCESS;
}

static NTSTATUS connect_messages(const struct wanted *wanted, struct device *device,
                                 PIO_INTERRUPT_MESSAGE_INFO *table)
{
    struct connection *connection = make(wanted, device->messages.granted);
    IO_INTERRUPT_MESSAGE_INFO *made =
        connection != NULL ? io_messages_describe(device, connection->count) : NULL;
    if (made == NULL) {
        ke_free(connection);
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    made->UnifiedIrql = wanted->irql > made->UnifiedIrql ? wanted->irql : made->UnifiedIrql;
    connection->device = device;
    connection->table = made;
    link_connection(connection);
    *table = made;
    for (unsigned i = 0; i < connection->count; i++) {
        made->MessageInfo[i].InterruptObject = handle_of(&connection->sources[i]);
        ke_interrupt_connect_shared(&connection->sources[i].kernel, device->messages.lines[i],
                                    &connection->sources[0].kernel, made->UnifiedIrql);
    }
    device_enable_messages(device, true);
    return STATUS_SUCCESS;
}

static void disconnect(const void *handle)
{
    struct connection *connection = unlink_connection(handle);
    if (connection == NULL) {
        ke_bugcheck(0x18, 0, (ULONG_PTR)handle, 0, 0);
    }
    if (connection->table != NULL) {
        device_enable_messages(connection->device, false);
    }
    for (unsigned i = connection->count; i-- > 0;) { /* the one whose lock it is comes last */
        ke_interrupt_disconnect(&connection->sources[i].kernel);
    }
    event_send(EVENT_OBJECT_DESTROY, connection, OBJECT_INTERRUPT, 0, 0, 0);
    ke_free(connection->table);
    ke_free(connection);
}

/* ---- the functions that drivers call ----------------------------------------------------------------- */

/* By vector, at that level; of that device, or NULL. */
static NTSTATUS connect_vector(const struct wanted *wanted, const struct io_pdo *pdo, ULONG vector,
                               KINTERRUPT_MODE mode, KAFFINITY processors, PKINTERRUPT *object)
{
    bool message = false;
    struct ke_line *line =
        pdo != NULL ? io_pdo_line(pdo, vector, &message) : io_line_of_vector(vector, &message);
    if (line == NULL || processors == 0 || (mode == Latched) != message) {
        return STATUS_INVALID_PARAMETER;
    }
    return connect_line(wanted, line, object);
}

/*
 * Connects a service routine to the vector of an interrupt resource.  It may run before the call returns.
 * PASSIVE_LEVEL.  STATUS_INVALID_PARAMETER: no processor, or no device has that vector in that mode;
 * STATUS_INSUFFICIENT_RESOURCES.  nf-wdm-ioconnectinterrupt.
 */
NTSTATUS IoConnectInterrupt(PKINTERRUPT *InterruptObject, PKSERVICE_ROUTINE ServiceRoutine,
                            PVOID ServiceContext, PKSPIN_LOCK SpinLock, ULONG Vector, KIRQL Irql,
                            KIRQL SynchronizeIrql, KINTERRUPT_MODE InterruptMode, BOOLEAN ShareVector,
                            KAFFINITY ProcessorEnableMask, BOOLEAN FloatingSave)
{
    ddi_enter(IoConnectInterrupt);
    if (ddi_fails(IoConnectInterrupt)) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    (void)ShareVector, (void)FloatingSave;
    struct wanted wanted = {.service = ServiceRoutine,
                            .context = ServiceContext,
                            .lock = SpinLock,
                            .irql = SynchronizeIrql > Irql ? SynchronizeIrql : Irql};
    return connect_vector(&wanted, NULL, Vector, InterruptMode, ProcessorEnableMask, InterruptObject);
}

/* No service routine of it runs, or will, when it returns.  PASSIVE_LEVEL.  What is not connected is bug
 * check 0x18.  nf-wdm-iodisconnectinterrupt. */
VOID IoDisconnectInterrupt(PKINTERRUPT InterruptObject)
{
    ddi_enter(IoDisconnectInterrupt);
    disconnect(InterruptObject);
}

static NTSTATUS connect_fully(const IO_CONNECT_INTERRUPT_FULLY_SPECIFIED_PARAMETERS *p)
{
    const struct io_pdo *pdo = io_pdo_of(p->PhysicalDeviceObject);
    struct wanted wanted = {.service = p->ServiceRoutine,
                            .context = p->ServiceContext,
                            .lock = p->SpinLock,
                            .irql = p->SynchronizeIrql > p->Irql ? p->SynchronizeIrql : p->Irql};
    return pdo == NULL ? STATUS_INVALID_PARAMETER
                       : connect_vector(&wanted, pdo, p->Vector, p->InterruptMode, p->ProcessorEnableMask,
                                        p->InterruptObject);
}

/* Of a device with messages the line is not to be had (MS-3). */
static NTSTATUS connect_by_line(const struct wanted *wanted, const DEVICE_OBJECT *object,
                                PKINTERRUPT *interrupt)
{
    const struct io_pdo *pdo = io_pdo_of(object);
    if (pdo == NULL) {
        return STATUS_INVALID_PARAMETER;
    }
    return pdo->device == NULL || pdo->device->messages.granted != 0
               ? STATUS_NOT_FOUND
               : connect_line(wanted, pdo->device->line, interrupt);
}

static NTSTATUS connect_by_message(IO_CONNECT_INTERRUPT_PARAMETERS *parameters)
{
    const IO_CONNECT_INTERRUPT_MESSAGE_BASED_PARAMETERS *p = &parameters->MessageBased;
    const struct io_pdo *pdo = io_pdo_of(p->PhysicalDeviceObject);
    struct wanted wanted = {.service = p->FallBackServiceRoutine,
                            .message_service = p->MessageServiceRoutine,
                            .context = p->ServiceContext,
                            .lock = p->SpinLock,
                            .irql = p->SynchronizeIrql};
    if (pdo != NULL && pdo->device != NULL && pdo->device->messages.granted != 0) {
        return connect_messages(&wanted, pdo->device, p->ConnectionContext.InterruptMessageTable);
    }
    if (p->FallBackServiceRoutine == NULL) {
        return pdo == NULL ? STATUS_INVALID_PARAMETER : STATUS_NOT_FOUND;
    }
    parameters->Version = CONNECT_LINE_BASED;
    return connect_by_line(&wanted, p->PhysicalDeviceObject, p->ConnectionContext.InterruptObject);
}

/*
 * Connects a device's line, its messages, or one vector; Version says on return what it was.  The service
 * routine may run before the call returns.  PASSIVE_LEVEL.  STATUS_INVALID_PARAMETER for an unknown version
 * or no physical device object, STATUS_NOT_FOUND when the device has no such interrupt,
 * STATUS_INSUFFICIENT_RESOURCES.  nf-wdm-ioconnectinterruptex, ns-wdm-_io_connect_interrupt_parameters.
 */
NTSTATUS IoConnectInterruptEx(PIO_CONNECT_INTERRUPT_PARAMETERS Parameters)
{
    ddi_enter(IoConnectInterruptEx);
    if (ddi_fails(IoConnectInterruptEx)) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    const IO_CONNECT_INTERRUPT_LINE_BASED_PARAMETERS *line = &Parameters->LineBased;
    struct wanted wanted;
    switch (Parameters->Version) {
    case CONNECT_FULLY_SPECIFIED:
    case CONNECT_FULLY_SPECIFIED_GROUP:
        return connect_fully(&Parameters->FullySpecified);
    case CONNECT_LINE_BASED:
        wanted = (struct wanted){.service = line->ServiceRoutine,
                                 .context = line->ServiceContext,
                                 .lock = line->SpinLock,
                                 .irql = line->SynchronizeIrql};
        return connect_by_line(&wanted, line->PhysicalDeviceObject, line->InterruptObject);
    case CONNECT_MESSAGE_BASED:
        return connect_by_message(Parameters);
    default:
        return STATUS_INVALID_PARAMETER;
    }
}

/* The same as IoDisconnectInterrupt for what IoConnectInterruptEx has connected.  PASSIVE_LEVEL.
 * nf-wdm-iodisconnectinterruptex. */
VOID IoDisconnectInterruptEx(PIO_DISCONNECT_INTERRUPT_PARAMETERS Parameters)
{
    ddi_enter(IoDisconnectInterruptEx);
    disconnect(Parameters->ConnectionContext.Generic);
}
