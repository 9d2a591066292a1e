/*
 * handle.c - the handle table of the system process: ObReferenceObjectByHandle, ZwClose and friends.
 *
 * Access masks are not checked: all code here is kernel code.  A closed handle's number is not given out
 * again soon, so that the use of a stale handle fails.
 */
#include "ob/ob.h"
#include "ke/ddi.h"
#include "ke/event.h"
#include "ke/thread.h"
#include "host/memory.h"

/* Windows' kernel handles are negative numbers. */
#define HANDLE_BASE UINT64_C(0xFFFFFFFF80000000)
#define HANDLE_STEP 4
#define CURRENT_THREAD ((HANDLE)(LONG_PTR)-2)

struct handle_entry {
    void *object; /* NULL: free */
    struct _OBJECT_TYPE *type;
};

static struct ke_guard handle_guard;
static struct handle_entry *handles;
static size_t handle_capacity, handle_used;
static size_t handle_next = 1; /* where the search for a free one goes on; handle 0 does not exist */

static struct handle_entry *entry_of(HANDLE handle)
{
    uint64_t number = (uintptr_t)handle - HANDLE_BASE;
    size_t index = number / HANDLE_STEP;
    if (number % HANDLE_STEP != 0 || index >= handle_capacity || handles[index].object == NULL) {
        return NULL;
    }
    return &handles[index];
}

/* Under the guard: makes sure that at least a quarter of the table is free. */
static bool make_room(void)
{
    if ((handle_used + 2) * 4 <= handle_capacity * 3) {
        return true;
    }
    size_t capacity = handle_capacity != 0 ? handle_capacity * 2 : 256;
    struct handle_entry *larger = host_reallocate(handles, capacity * sizeof(*larger));
    if (larger == NULL) {
        return false;
    }
    for (size_t i = handle_capacity; i < capacity; i++) {
        larger[i] = (struct handle_entry){0};
    }
    handles = larger;
    handle_capacity = capacity;
    return true;
}

static HANDLE insert(void *object, struct _OBJECT_TYPE *type)
{
    while (handle_next >= handle_capacity || handles[handle_next].object != NULL) {
        handle_next = handle_next + 1 < handle_capacity ? handle_next + 1 : 1;
    }
    size_t index = handle_next++;
    handles[index] = (struct handle_entry){object, type};
    handle_used++;
    return (HANDLE)(uintptr_t)(HANDLE_BASE + index * HANDLE_STEP);
}

NTSTATUS ob_handle_open(void *object, struct _OBJECT_TYPE *type, HANDLE *handle)
{
    if (!ob_reference(object)) {
        return STATUS_INVALID_PARAMETER;
    }
    KIRQL old = ke_guard_enter(&handle_guard);
    bool room = make_room();
    if (room) {
        *handle = insert(object, type);
    }
    ke_guard_leave(&handle_guard, old);
    if (!room) {
        ob_dereference(object);
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    event_send(EVENT_OBJECT_CREATE, *handle, OBJECT_HANDLE, 0, 0, 0);
    return STATUS_SUCCESS;
}

NTSTATUS ob_handle_reference(HANDLE handle, struct _OBJECT_TYPE *type, void **object)
{
    NTSTATUS status = STATUS_INVALID_HANDLE;
    *object = NULL;
    KIRQL old = ke_guard_enter(&handle_guard);
    struct handle_entry entry = {0};
    if (handle == CURRENT_THREAD) {
        entry = (struct handle_entry){KeGetCurrentThread(), &ob_thread_type};
    } else if (entry_of(handle) != NULL) {
        entry = *entry_of(handle);
    }
    if (entry.object != NULL && type != NULL && type != entry.type) {
        status = STATUS_OBJECT_TYPE_MISMATCH;
    } else if (entry.object != NULL && ob_reference(entry.object)) {
        *object = entry.object;
        status = STATUS_SUCCESS;
    }
    ke_guard_leave(&handle_guard, old);
    return status;
}

NTSTATUS ob_handle_close(HANDLE handle)
{
    void *object = NULL;
    KIRQL old = ke_guard_enter(&handle_guard);
    struct handle_entry *entry = entry_of(handle);
    if (entry != NULL) {
        object = entry->object;
        *entry = (struct handle_entry){0};
        handle_used--;
    }
    ke_guard_leave(&handle_guard, old);
    if (object == NULL) {
        return STATUS_INVALID_HANDLE;
    }
    event_send(EVENT_OBJECT_DESTROY, handle, OBJECT_HANDLE, 0, 0, 0);
    ob_dereference(object);
    return STATUS_SUCCESS;
}

/*
 * The object of a handle, with a reference for the caller.  PASSIVE_LEVEL.  STATUS_INVALID_HANDLE,
 * STATUS_OBJECT_TYPE_MISMATCH.  Access is always granted.  nf-wdm-obreferenceobjectbyhandle.
 */
NTSTATUS NTAPI ObReferenceObjectByHandle(HANDLE Handle, ACCESS_MASK DesiredAccess, POBJECT_TYPE ObjectType,
                                         KPROCESSOR_MODE AccessMode, PVOID *Object,
                                         POBJECT_HANDLE_INFORMATION HandleInformation)
{
    ddi_enter(ObReferenceObjectByHandle);
    (void)AccessMode;
    NTSTATUS status = ob_handle_reference(Handle, ObjectType, Object);
    if (NT_SUCCESS(status) && HandleInformation != NULL) {
        HandleInformation->HandleAttributes = 0;
        HandleInformation->GrantedAccess = DesiredAccess;
    }
    return status;
}

/*
 * Opens a handle for an object that the caller has a reference to.  PASSIVE_LEVEL.
 * STATUS_OBJECT_TYPE_MISMATCH, STATUS_INSUFFICIENT_RESOURCES.  nf-ntifs-obopenobjectbypointer.
 */
NTSTATUS NTAPI ObOpenObjectByPointer(PVOID Object, ULONG HandleAttributes, PVOID PassedAccessState,
                                     ACCESS_MASK DesiredAccess, POBJECT_TYPE ObjectType,
                                     KPROCESSOR_MODE AccessMode, PHANDLE Handle)
{
    ddi_enter(ObOpenObjectByPointer);
    (void)HandleAttributes, (void)PassedAccessState, (void)DesiredAccess, (void)AccessMode;
    struct _OBJECT_TYPE *type = ob_type_of(Object);
    if (type == NULL || (ObjectType != NULL && type != ObjectType)) {
        return STATUS_OBJECT_TYPE_MISMATCH;
    }
    return ob_handle_open(Object, type, Handle);
}

/* Closes a handle.  PASSIVE_LEVEL.  STATUS_INVALID_HANDLE.  nf-ntifs-ntclose. */
NTSTATUS NTAPI ZwClose(HANDLE Handle)
{
    ddi_enter(ZwClose);
    return ob_handle_close(Handle);
}

NTSTATUS NTAPI NtClose(HANDLE Handle)
{
    ddi_enter(NtClose);
    return ob_handle_close(Handle);
}

/* ZwClose for a handle of that mode.  nf-wdm-obclosehandle. */
NTSTATUS NTAPI ObCloseHandle(HANDLE Handle, KPROCESSOR_MODE PreviousMode)
{
    ddi_enter(ObCloseHandle);
    (void)PreviousMode;
    return ob_handle_close(Handle);
}
