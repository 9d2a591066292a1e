/*
 * event.c - events that have a handle: ZwCreateEvent, IoCreateNotificationEvent and what works on them.
 *
 * The event itself is ke's; this file gives it storage, references, a handle and maybe a name.
 */
#include "ex/pool.h"
#include "ke/ddi.h"
#include "ke/fault.h"
#include "ob/ob.h"

#define EVENT_TAG 0x6E657645u /* 'Even' */

static void destroy_event(void *event)
{
    ob_name_remove(event);
    ex_pool_free(event, EVENT_TAG, OBJECT_HANDLE);
}

struct _OBJECT_TYPE ob_event_type = {"Event", destroy_event};
static struct _OBJECT_TYPE *event_type = &ob_event_type;
POBJECT_TYPE *ExEventObjectType = &event_type;

/* Makes an event object with one reference; NULL when memory is short. */
static PKEVENT make_event(EVENT_TYPE type, bool signalled)
{
    PKEVENT event = ex_pool_allocate(sizeof(*event), EVENT_TAG, EX_POOL_ZERO, OBJECT_HANDLE, NULL);
    if (event == NULL) {
        return NULL;
    }
    KeInitializeEvent(event, type, signalled);
    if (!ob_insert(event, &ob_event_type)) {
        ex_pool_free(event, EVENT_TAG, OBJECT_HANDLE);
        return NULL;
    }
    return event;
}

/* Makes the event, names it and opens a handle; the handle's reference is the only one that stays. */
static NTSTATUS create_event(PCUNICODE_STRING name, EVENT_TYPE type, bool signalled, HANDLE *handle)
{
    PKEVENT event = make_event(type, signalled);
    if (event == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    NTSTATUS status = name != NULL ? ob_name_insert(name, event) : STATUS_SUCCESS;
    if (NT_SUCCESS(status)) {
        status = ob_handle_open(event, &ob_event_type, handle);
    }
    ob_dereference(event);
    return status;
}

/*
 * Makes an event and opens a handle for it; with OBJ_OPENIF an event of that name is opened instead.
 * PASSIVE_LEVEL.  STATUS_INVALID_PARAMETER, STATUS_OBJECT_NAME_COLLISION, STATUS_OBJECT_NAME_EXISTS (a
 * success), STATUS_INSUFFICIENT_RESOURCES.  nf-ntifs-zwcreateevent.
 */
NTSTATUS NTAPI ZwCreateEvent(PHANDLE EventHandle, ACCESS_MASK DesiredAccess,
                             POBJECT_ATTRIBUTES ObjectAttributes, EVENT_TYPE EventType, BOOLEAN InitialState)
{
    ddi_enter(ZwCreateEvent);
    if (ddi_fails(ZwCreateEvent)) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    (void)DesiredAccess;
    if (EventType != NotificationEvent && EventType != SynchronizationEvent) {
        return STATUS_INVALID_PARAMETER;
    }
    PCUNICODE_STRING name = ObjectAttributes != NULL ? ObjectAttributes->ObjectName : NULL;
    NTSTATUS status = create_event(name, EventType, InitialState, EventHandle);
    if (status == STATUS_OBJECT_NAME_COLLISION && ObjectAttributes->Attributes & OBJ_OPENIF) {
        void *event = ob_name_reference(name);
        if (event == NULL || ob_type_of(event) != &ob_event_type) {
            status = STATUS_OBJECT_TYPE_MISMATCH;
        } else {
            status = ob_handle_open(event, &ob_event_type, EventHandle);
            status = NT_SUCCESS(status) ? STATUS_OBJECT_NAME_EXISTS : status;
        }
        if (event != NULL) {
            ob_dereference(event);
        }
    }
    return status;
}

/* Opens the event of that name.  PASSIVE_LEVEL.  STATUS_OBJECT_NAME_NOT_FOUND, STATUS_OBJECT_TYPE_MISMATCH.
 */
NTSTATUS NTAPI ZwOpenEvent(PHANDLE EventHandle, ACCESS_MASK DesiredAccess,
                           POBJECT_ATTRIBUTES ObjectAttributes)
{
    ddi_enter(ZwOpenEvent);
    if (ddi_fails(ZwOpenEvent)) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    (void)DesiredAccess;
    void *event = ob_name_reference(ObjectAttributes->ObjectName);
    if (event == NULL) {
        return STATUS_OBJECT_NAME_NOT_FOUND;
    }
    NTSTATUS status = STATUS_OBJECT_TYPE_MISMATCH;
    if (ob_type_of(event) == &ob_event_type) {
        status = ob_handle_open(event, &ob_event_type, EventHandle);
    }
    ob_dereference(event);
    return status;
}

/* Sets an event and reports whether it was set.  PASSIVE_LEVEL.  STATUS_INVALID_HANDLE,
 * STATUS_OBJECT_TYPE_MISMATCH. */
NTSTATUS NTAPI ZwSetEvent(HANDLE EventHandle, PLONG PreviousState)
{
    ddi_enter(ZwSetEvent);
    void *event;
    NTSTATUS status = ob_handle_reference(EventHandle, &ob_event_type, &event);
    if (NT_SUCCESS(status)) {
        LONG previous = KeSetEvent(event, 0, FALSE);
        if (PreviousState != NULL) {
            *PreviousState = previous;
        }
        ob_dereference(event);
    }
    return status;
}

/* Clears an event.  PASSIVE_LEVEL.  Errors as ZwSetEvent. */
NTSTATUS NTAPI ZwClearEvent(HANDLE EventHandle)
{
    ddi_enter(ZwClearEvent);
    void *event;
    NTSTATUS status = ob_handle_reference(EventHandle, &ob_event_type, &event);
    if (NT_SUCCESS(status)) {
        KeClearEvent(event);
        ob_dereference(event);
    }
    return status;
}

/*
 * Waits until the object of the handle (a thread, an event) is signalled.  PASSIVE_LEVEL.
 * STATUS_INVALID_HANDLE, STATUS_OBJECT_TYPE_MISMATCH for what cannot be waited for, else
 * KeWaitForSingleObject's.  nf-ntifs-zwwaitforsingleobject.
 */
NTSTATUS NTAPI ZwWaitForSingleObject(HANDLE Handle, BOOLEAN Alertable, PLARGE_INTEGER Timeout)
{
    ddi_enter(ZwWaitForSingleObject);
    void *object;
    NTSTATUS status = ob_handle_reference(Handle, NULL, &object);
    if (!NT_SUCCESS(status)) {
        return status;
    }
    struct _OBJECT_TYPE *type = ob_type_of(object);
    if (type == &ob_thread_type || type == &ob_event_type) {
        status = KeWaitForSingleObject(object, Executive, KernelMode, Alertable, Timeout);
    } else {
        status = STATUS_OBJECT_TYPE_MISMATCH;
    }
    ob_dereference(object);
    return status;
}

/* Opens the event of that name, or makes it, set (as Windows does). */
static PKEVENT open_or_make(PUNICODE_STRING name, EVENT_TYPE type, PHANDLE handle)
{
    OBJECT_ATTRIBUTES attributes;
    InitializeObjectAttributes(&attributes, name, OBJ_OPENIF | OBJ_KERNEL_HANDLE, NULL, NULL);
    void *event = NULL;
    if (NT_SUCCESS(ZwCreateEvent(handle, 0, &attributes, type, TRUE))) {
        (void)ob_handle_reference(*handle, &ob_event_type, &event);
        ob_dereference(event); /* the handle keeps it */
    }
    return event;
}

/* A named notification event, made when there is none; it lives until its handles are closed.  PASSIVE_LEVEL.
 */
PKEVENT NTAPI IoCreateNotificationEvent(PUNICODE_STRING EventName, PHANDLE EventHandle)
{
    ddi_enter(IoCreateNotificationEvent);
    if (ddi_fails(IoCreateNotificationEvent)) {
        return NULL;
    }
    return open_or_make(EventName, NotificationEvent, EventHandle);
}

/* The same with a synchronization event. */
PKEVENT NTAPI IoCreateSynchronizationEvent(PUNICODE_STRING EventName, PHANDLE EventHandle)
{
    ddi_enter(IoCreateSynchronizationEvent);
    if (ddi_fails(IoCreateSynchronizationEvent)) {
        return NULL;
    }
    return open_or_make(EventName, SynchronizationEvent, EventHandle);
}
