/*
 * story.h - one thread notifies a callback object, another one takes back the routine that is registered with
 * it and frees the routine's context, in the order that UNREGISTER_FIRST says.
 */
#include "../../zoo/zoo.h"

static PCALLBACK_OBJECT Object;
static PVOID Registration;
static ULONG *Called;

static VOID Note(PVOID Context, PVOID First, PVOID Second)
{
    UNREFERENCED_PARAMETER(First);
    UNREFERENCED_PARAMETER(Second);
    *(volatile ULONG *)Context = 1;
}

static VOID Notify(VOID)
{
    ExNotifyCallback(Object, NULL, NULL);
}

static VOID TakeBack(VOID)
{
#if UNREGISTER_FIRST
    ExUnregisterCallback(Registration);
    ZooFree(Called);
#else
    ZooFree(Called);
    ExUnregisterCallback(Registration);
#endif
}

static BOOLEAN Register(VOID)
{
    UNICODE_STRING name = RTL_CONSTANT_STRING(L"\\Callback\\Story");
    OBJECT_ATTRIBUTES attributes;
    InitializeObjectAttributes(&attributes, &name, OBJ_CASE_INSENSITIVE | OBJ_PERMANENT, NULL, NULL);
    if (!NT_SUCCESS(ExCreateCallback(&Object, &attributes, TRUE, TRUE))) {
        return FALSE;
    }
    Registration = ExRegisterCallback(Object, Note, Called);
    if (Registration == NULL) {
        ObDereferenceObject(Object);
    }
    return Registration != NULL;
}

static BOOLEAN ZooStart(VOID)
{
    Called = ZooAllocate(sizeof(*Called));
    if (Called == NULL) {
        return FALSE;
    }
    if (!Register()) {
        ZooFree(Called);
        return FALSE;
    }
    ZooThread(0, Notify);
    ZooThread(1, TakeBack);
    return TRUE;
}

static VOID ZooStop(VOID)
{
    ObDereferenceObject(Object);
}
