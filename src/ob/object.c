/*
 * object.c - the table of objects and their references.
 *
 * An object that is freed and made again at the same address is a new object: a stale pointer to the old one
 * is not recognised.
 */
#include "ob/ob.h"
#include "ex/map.h"
#include "ke/ddi.h"
#include "ke/run.h"
#include "ke/thread.h"
#include "host/memory.h"

#define OBJECT_IS_THREAD 6 /* DISPATCHER_HEADER.Type of a thread */

static HOST_HOT struct ke_guard object_guard = {0};
static HOST_HOT struct ex_map objects = {0}; /* value: type, references */

struct _OBJECT_TYPE ob_thread_type = {"Thread", NULL};
static struct _OBJECT_TYPE *thread_type = &ob_thread_type;
POBJECT_TYPE *PsThreadType = &thread_type;

/* Drivers pass anything, so the address is looked at before what lies there. */
static bool is_thread(const void *object)
{
    return (uintptr_t)object % _Alignof(DISPATCHER_HEADER) == 0 && host_readable(object) &&
           ((const DISPATCHER_HEADER *)object)->Type == OBJECT_IS_THREAD;
}

bool ob_insert(void *object, struct _OBJECT_TYPE *type)
{
    KIRQL old = ke_guard_enter(&object_guard);
    bool done = ex_map_put(&objects, (struct ex_map_entry){object, {(uintptr_t)type, 1}});
    ke_guard_leave(&object_guard, old);
    return done;
}

struct _OBJECT_TYPE *ob_type_of(const void *object)
{
    KIRQL old = ke_guard_enter(&object_guard);
    const struct ex_map_entry *entry = ex_map_find(&objects, object);
    struct _OBJECT_TYPE *type = entry != NULL ? (struct _OBJECT_TYPE *)entry->value[0] : NULL;
    ke_guard_leave(&object_guard, old);
    return type == NULL && is_thread(object) ? &ob_thread_type : type;
}

bool ob_reference(void *object)
{
    KIRQL old = ke_guard_enter(&object_guard);
    struct ex_map_entry *entry = ex_map_find(&objects, object);
    if (entry != NULL) {
        entry->value[1]++;
    }
    ke_guard_leave(&object_guard, old);
    if (entry == NULL && is_thread(object)) {
        ke_thread_reference(object);
        return true;
    }
    return entry != NULL;
}

void ob_dereference(void *object)
{
    struct _OBJECT_TYPE *dead = NULL;
    KIRQL old = ke_guard_enter(&object_guard);
    struct ex_map_entry *entry = ex_map_find(&objects, object);
    bool known = entry != NULL;
    if (known && --entry->value[1] == 0) {
        dead = (struct _OBJECT_TYPE *)entry->value[0];
        ex_map_remove(&objects, object);
    }
    ke_guard_leave(&object_guard, old);
    if (dead != NULL && dead->destroy != NULL) {
        dead->destroy(object);
    } else if (!known && is_thread(object)) {
        ke_thread_dereference(object);
    } else if (!known) {
        ke_bugcheck(0x18, 0, (ULONG_PTR)object, 0, 0);
    }
}

/* Adds a reference and returns an unspecified positive count.  IRQL <= DISPATCH_LEVEL.
 * nf-wdm-obfreferenceobject. */
LONG_PTR FASTCALL ObfReferenceObject(PVOID Object)
{
    ddi_enter(ObfReferenceObject);
    if (!ob_reference(Object)) {
        ke_bugcheck(0x18, 0, (ULONG_PTR)Object, 1, 0);
    }
    return 1;
}

/*
 * Drops a reference; the object goes with the last one.  IRQL <= DISPATCH_LEVEL.  What is no object is bug
 * check 0x18.  nf-wdm-obdereferenceobject.
 */
LONG_PTR FASTCALL ObfDereferenceObject(PVOID Object)
{
    ddi_enter(ObfDereferenceObject);
    ob_dereference(Object);
    return 0;
}

/* The same with a tag for debuggers, which is not kept. */
LONG_PTR FASTCALL ObfReferenceObjectWithTag(PVOID Object, ULONG Tag)
{
    ddi_enter(ObfReferenceObjectWithTag);
    (void)Tag;
    return ObfReferenceObject(Object);
}

LONG_PTR FASTCALL ObfDereferenceObjectWithTag(PVOID Object, ULONG Tag)
{
    ddi_enter(ObfDereferenceObjectWithTag);
    (void)Tag;
    return ObfDereferenceObject(Object);
}

/* ObDereferenceObject for callers that hold locks which the object's end would need; here they are the same.
 */
VOID NTAPI ObDereferenceObjectDeferDelete(PVOID Object)
{
    ddi_enter(ObDereferenceObjectDeferDelete);
    ob_dereference(Object);
}

/*
 * Adds a reference to an object of that type (NULL: of any).  IRQL <= DISPATCH_LEVEL.
 * STATUS_OBJECT_TYPE_MISMATCH.  nf-wdm-obreferenceobjectbypointer.
 */
NTSTATUS NTAPI ObReferenceObjectByPointer(PVOID Object, ACCESS_MASK DesiredAccess, POBJECT_TYPE ObjectType,
                                          KPROCESSOR_MODE AccessMode)
{
    ddi_enter(ObReferenceObjectByPointer);
    (void)DesiredAccess, (void)AccessMode;
    if (ObjectType != NULL && ob_type_of(Object) != ObjectType) {
        return STATUS_OBJECT_TYPE_MISMATCH;
    }
    ObfReferenceObject(Object);
    return STATUS_SUCCESS;
}
