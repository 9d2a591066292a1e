/*
 * An object is found through a global pointer and then referenced.  In between its owner drops the last
 * reference, and it is gone. Verdict: PoolUseAfterFree; 1 preemption: the finder is left between the pointer
 * and the reference.
 */
#include "../../zoo/zoo.h"

struct Object {
    volatile LONG References;
};

static struct Object *volatile Current;

static VOID Drop(struct Object *Object)
{
    if (InterlockedDecrement(&Object->References) == 0) {
        ZooFree(Object);
    }
}

static VOID Use(VOID)
{
    struct Object *object = Current;
    if (object != NULL) {
        InterlockedIncrement(&object->References);
        Drop(object);
    }
}

static VOID Close(VOID)
{
    struct Object *object = Current;
    Current = NULL;
    Drop(object);
}

static BOOLEAN ZooStart(VOID)
{
    struct Object *object = ZooAllocate(sizeof(*object));
    if (object == NULL) {
        return FALSE;
    }
    object->References = 1;
    Current = object;
    ZooThread(0, Close);
    ZooThread(1, Use);
    return TRUE;
}

static VOID ZooStop(VOID)
{
}
