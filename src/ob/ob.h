/*
 * ob.h - objects with references, handles and names.
 *
 * An object is an address with a type and a reference count; its body is the caller's.  Threads are not kept
 * here: their references are ke's, but they have handles like everything else.
 */
#ifndef UNDIS_OB_OB_H
#define UNDIS_OB_OB_H

#include "ke/processor.h"

#include <stdbool.h>

/* The type that ObReferenceObjectByHandle compares; opaque to drivers. */
struct _OBJECT_TYPE {
    const char *name;
    void (*destroy)(void *object); /* called once when the last reference is gone, at the IRQL of that */
};

extern struct _OBJECT_TYPE ob_thread_type, ob_event_type;

/* ---- references: <= DISPATCH_LEVEL -------------------------------------------------------------- */

/* Makes an object of that address, with one reference.  False when memory is short. */
bool ob_insert(void *object, struct _OBJECT_TYPE *type);

/* The type of an object, or NULL when that address is none. */
struct _OBJECT_TYPE *ob_type_of(const void *object);

/* Adds a reference; false when that address is no object. */
bool ob_reference(void *object);

/* Drops a reference.  An address that is no object is bug check 0x18 (REFERENCE_BY_POINTER). */
void ob_dereference(void *object);

/* ---- handles: PASSIVE_LEVEL --------------------------------------------------------------------- */

/* Opens a handle, which holds a reference of its own.  STATUS_INSUFFICIENT_RESOURCES. */
NTSTATUS ob_handle_open(void *object, struct _OBJECT_TYPE *type, HANDLE *handle);

/* The object of a handle with a reference for the caller.  type NULL: any. */
NTSTATUS ob_handle_reference(HANDLE handle, struct _OBJECT_TYPE *type, void **object);

/* Closes a handle.  STATUS_INVALID_HANDLE. */
NTSTATUS ob_handle_close(HANDLE handle);

/* ---- names: <= APC_LEVEL ------------------------------------------------------------------------ */

/*
 * Gives an object a name in the one flat directory; the name holds no reference.  Letter case does not
 * matter. STATUS_OBJECT_NAME_COLLISION, STATUS_OBJECT_NAME_INVALID, STATUS_INSUFFICIENT_RESOURCES.
 */
NTSTATUS ob_name_insert(PCUNICODE_STRING name, void *object);

/* Makes `name` an alias of `target`, which need not exist yet. */
NTSTATUS ob_name_link(PCUNICODE_STRING name, PCUNICODE_STRING target);

/* Removes a link (STATUS_OBJECT_NAME_NOT_FOUND when it is none); removes every name of an object. */
NTSTATUS ob_name_unlink(PCUNICODE_STRING name);
void ob_name_remove(const void *object);

/* The object of that name, links followed, with a reference; NULL when there is none. */
void *ob_name_reference(PCUNICODE_STRING name);

#endif
