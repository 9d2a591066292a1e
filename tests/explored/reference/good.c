/*
 * The pointer and the reference that it stands for are under one lock, so who finds the object can still
 * reference it. Verdict: complete.
 */
#include "../../zoo/zoo.h"

struct Object {
    volatile LONG References;
};

static struct Object *Current;
static KSPIN_LOCK Lock; /* of the pointer */

static VOID Drop(struct Object *Object)
{
    if (InterlockedDecrement(&Object->References) == 0) {
        ZooFree(Object);
    }
}

static VOID Use(VOID)
{
    KIRQL irql;
    KeAcquireSpinLock(&Lock, &irql);
    struct Object *object = Current;
    if (object != NULL) {
        InterlockedIncrement(&object->References);
    }
    KeReleaseSpinLock(&Lock, irql);
    if (object != NULL) {
        Drop(object);
    }
}

static VOID Close(VOID)
{
    KIRQL irql;
    KeAcquireSpinLock(&Lock, &irql);
    struct Object *object = Current;
    Current = NULL;
    KeReleaseSpinLock(&Lock, irql);
    Drop(object);
}

static BOOLEAN ZooStart(VOID)
{
    struct Object *object = ZooAllocate(sizeof(*object));
    if (object == NULL) {
        return FALSE;
    }
    KeInitializeSpinLock(&Lock);
    object->References = 1;
    Current = object;
    ZooThread(0, Close);
    ZooThread(1, Use);
    return TRUE;
}

static VOID ZooStop(VOID)
{
}
