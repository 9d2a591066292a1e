/*
 * callback.c - callback objects: routines that are called, in the order of their registration, whenever
 * somebody notifies the object.
 *
 * A registration that is being called stays in its list until the call is over; who unregisters it waits for
 * that.  The system's own objects (\Callback\PowerState ...) are made when they are asked for; nothing here
 * ever notifies them.
 */
#include "ex/pool.h"
#include "ke/ddi.h"
#include "ke/fault.h"
#include "ke/memory.h"
#include "ke/observer.h"
#include "ke/run.h"
#include "ob/ob.h"

#define CALLBACK_TAG 0x6C6C6143u /* 'Call' */

struct _CALLBACK_OBJECT {
    LIST_ENTRY registrations; /* the oldest first */
    BOOLEAN multiple;
};

struct registration {
    LIST_ENTRY link;
    PCALLBACK_OBJECT object; /* holds a reference */
    PCALLBACK_FUNCTION function;
    PVOID context;
    ULONG calls;     /* under way */
    BOOLEAN leaving; /* unregistered: no new calls */
    KEVENT idle;     /* leaving, and the last call is over */
};

static struct ke_guard callback_guard; /* of all lists and registrations */

static void destroy_callback(void *object)
{
    ob_name_remove(object);
    ex_pool_free(object, CALLBACK_TAG, OBJECT_HANDLE);
}

static struct _OBJECT_TYPE callback_type = {"Callback", destroy_callback};

/* ---- objects ------------------------------------------------------------------------------------- */

static bool is_systems(PCUNICODE_STRING name)
{
    static const UNICODE_STRING names[] = {RTL_CONSTANT_STRING(L"\\Callback\\SetSystemTime"),
                                           RTL_CONSTANT_STRING(L"\\Callback\\PowerState"),
                                           RTL_CONSTANT_STRING(L"\\Callback\\ProcessorAdd")};
    for (size_t i = 0; i < RTL_NUMBER_OF(names); i++) {
        if (RtlEqualUnicodeString(name, &names[i], TRUE)) {
            return true;
        }
    }
    return false;
}

static NTSTATUS name_object(PCALLBACK_OBJECT object, BOOLEAN multiple, PCUNICODE_STRING name)
{
    object->multiple = multiple;
    InitializeListHead(&object->registrations);
    return ob_insert(object, &callback_type) ? ob_name_insert(name, object) : STATUS_INSUFFICIENT_RESOURCES;
}

/* One that stays for good, its first reference being the system's. */
static void make_systems(PCUNICODE_STRING name)
{
    PCALLBACK_OBJECT object = ke_allocate(sizeof(*object));
    if (object != NULL && !NT_SUCCESS(name_object(object, TRUE, name))) {
        ke_free(object); /* somebody else has made it meanwhile */
    }
}

static NTSTATUS make_object(PCUNICODE_STRING name, BOOLEAN multiple, PCALLBACK_OBJECT *made)
{
    PCALLBACK_OBJECT object =
        ex_pool_allocate(sizeof(*object), CALLBACK_TAG, EX_POOL_ZERO, OBJECT_HANDLE, NULL);
    if (object == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    NTSTATUS status = name_object(object, multiple, name);
    if (NT_SUCCESS(status)) {
        *made = object;
    } else if (ob_type_of(object) != NULL) {
        ob_dereference(object);
    } else {
        ex_pool_free(object, CALLBACK_TAG, OBJECT_HANDLE);
    }
    return status;
}

/* The object of that name, with a reference. */
static NTSTATUS open_object(PCUNICODE_STRING name, PCALLBACK_OBJECT *opened)
{
    void *object = ob_name_reference(name);
    if (object == NULL) {
        return STATUS_OBJECT_NAME_NOT_FOUND;
    }
    if (ob_type_of(object) != &callback_type) {
        ob_dereference(object);
        return STATUS_OBJECT_TYPE_MISMATCH;
    }
    *opened = object;
    return STATUS_SUCCESS;
}

/*
 * Opens the callback object of that name or, when Create, makes it; the caller has a reference, which
 * ObDereferenceObject gives back.  The last reference takes the object along, OBJ_PERMANENT or not.
 * <= APC_LEVEL.  STATUS_UNSUCCESSFUL without a name, STATUS_OBJECT_NAME_NOT_FOUND,
 * STATUS_OBJECT_TYPE_MISMATCH, STATUS_INSUFFICIENT_RESOURCES.  nf-wdm-excreatecallback.
 */
NTSTATUS NTAPI ExCreateCallback(PCALLBACK_OBJECT *CallbackObject, POBJECT_ATTRIBUTES ObjectAttributes,
                                BOOLEAN Create, BOOLEAN AllowMultipleCallbacks)
{
    ddi_enter(ExCreateCallback);
    if (ddi_fails(ExCreateCallback)) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    PCUNICODE_STRING name = ObjectAttributes != NULL ? ObjectAttributes->ObjectName : NULL;
    if (name == NULL || name->Length == 0) {
        return STATUS_UNSUCCESSFUL;
    }
    ke_synchronizes(&callback_guard);
    NTSTATUS status = open_object(name, CallbackObject);
    if (status == STATUS_OBJECT_NAME_NOT_FOUND && is_systems(name)) {
        make_systems(name);
        status = open_object(name, CallbackObject);
    } else if (status == STATUS_OBJECT_NAME_NOT_FOUND && Create) {
        status = make_object(name, AllowMultipleCallbacks, CallbackObject);
        status = status == STATUS_OBJECT_NAME_COLLISION ? open_object(name, CallbackObject) : status;
    }
    return status;
}

/* ---- registrations ------------------------------------------------------------------------------- */

/* False when there is one already, and may be only one. */
static bool insert(PCALLBACK_OBJECT object, struct registration *registration)
{
    ke_synchronizes(object);
    KIRQL old = ke_guard_enter(&callback_guard);
    bool fits = object->multiple || IsListEmpty(&object->registrations);
    if (fits) {
        InsertTailList(&object->registrations, &registration->link);
    }
    ke_guard_leave(&callback_guard, old);
    return fits;
}

/*
 * Registers a routine, which may be called before this returns; NULL when memory is short, or another routine
 * is registered with an object for one only.  <= APC_LEVEL.  nf-wdm-exregistercallback.
 */
PVOID NTAPI ExRegisterCallback(PCALLBACK_OBJECT CallbackObject, PCALLBACK_FUNCTION CallbackFunction,
                               PVOID CallbackContext)
{
    ddi_enter(ExRegisterCallback);
    if (ddi_fails(ExRegisterCallback)) {
        return NULL;
    }
    struct registration *registration =
        ex_pool_allocate(sizeof(*registration), CALLBACK_TAG, EX_POOL_ZERO, OBJECT_HANDLE, NULL);
    if (registration == NULL) {
        return NULL;
    }
    registration->object = CallbackObject;
    registration->function = CallbackFunction;
    registration->context = CallbackContext;
    KeInitializeEvent(&registration->idle, NotificationEvent, FALSE);
    if (!ob_reference(CallbackObject)) {
        ke_bugcheck(0x18, 0, (ULONG_PTR)CallbackObject, 0, 0);
    }
    if (!insert(CallbackObject, registration)) {
        ob_dereference(CallbackObject);
        ex_pool_free(registration, CALLBACK_TAG, OBJECT_HANDLE);
        return NULL;
    }
    return registration;
}

/*
 * Ends a registration: its routine will not be called any more, and a call that is under way is waited for.
 * So a routine that unregisters itself waits for ever.  <= APC_LEVEL.  nf-wdm-exunregistercallback.
 */
VOID NTAPI ExUnregisterCallback(PVOID CallbackRegistration)
{
    ddi_enter(ExUnregisterCallback);
    struct registration *registration = CallbackRegistration;
    PCALLBACK_OBJECT object = registration->object;
    ke_synchronizes(object);
    KIRQL old = ke_guard_enter(&callback_guard);
    registration->leaving = TRUE;
    bool called = registration->calls > 0;
    if (!called) {
        RemoveEntryList(&registration->link);
    }
    ke_guard_leave(&callback_guard, old);
    if (called) { /* the last call takes it out of the list */
        KeWaitForSingleObject(&registration->idle, Executive, KernelMode, FALSE, NULL);
    }
    ob_dereference(object);
    ex_pool_free(registration, CALLBACK_TAG, OBJECT_HANDLE);
}

/* ---- notifying ----------------------------------------------------------------------------------- */

/* Under the guard: the first one from that link on that is to be called; it is counted.  NULL: none. */
static struct registration *begin_call(PCALLBACK_OBJECT object, LIST_ENTRY *link)
{
    for (; link != &object->registrations; link = link->Flink) {
        struct registration *registration = CONTAINING_RECORD(link, struct registration, link);
        if (!registration->leaving) {
            registration->calls++;
            return registration;
        }
    }
    return NULL;
}

/* Under the guard; true: this was the last call of one that is waited for. */
static bool end_call(struct registration *registration)
{
    bool last = --registration->calls == 0 && registration->leaving;
    if (last) {
        RemoveEntryList(&registration->link);
    }
    return last;
}

static void call(const struct registration *registration, PVOID first, PVOID second)
{
    struct callback_frame frame;
    callback_enter(&frame, CALLBACK_DISPATCH, "callback routine",
                   (const void *)(uintptr_t)registration->function);
    registration->function(registration->context, first, second);
    callback_leave(&frame);
}

/*
 * Calls the registered routines one after the other, at the caller's IRQL.  <= DISPATCH_LEVEL.
 * nf-wdm-exnotifycallback.
 */
VOID NTAPI ExNotifyCallback(PVOID CallbackObject, PVOID Argument1, PVOID Argument2)
{
    ddi_enter(ExNotifyCallback);
    PCALLBACK_OBJECT object = CallbackObject;
    ke_synchronizes(object);
    KIRQL old = ke_guard_enter(&callback_guard);
    struct registration *registration = begin_call(object, object->registrations.Flink);
    ke_guard_leave(&callback_guard, old);
    while (registration != NULL) {
        call(registration, Argument1, Argument2);
        ke_synchronizes(object);
        old = ke_guard_enter(&callback_guard);
        struct registration *next = begin_call(object, registration->link.Flink);
        bool last = end_call(registration);
        ke_guard_leave(&callback_guard, old);
        if (last) {
            KeSetEvent(&registration->idle, IO_NO_INCREMENT, FALSE);
        }
        registration = next;
    }
}
