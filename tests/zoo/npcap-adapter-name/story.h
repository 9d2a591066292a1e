/*
 * Receives compare the names of adapters at DISPATCH_LEVEL, in upper or lower case.  The names come from the
 * registry.
 */
#include "../zoo.h"

#ifndef NAME_POOL
#define NAME_POOL PagedPool
#endif

#define NAME L"{4D36E972}"
#define OTHER_CASE L"{4d36e972}"

static UNICODE_STRING First, Second;
static volatile BOOLEAN Same;

static BOOLEAN EqualName(PUNICODE_STRING S1, PUNICODE_STRING S2);

static BOOLEAN MakeName(PUNICODE_STRING Name, PCWSTR Text)
{
    UNICODE_STRING text;
    RtlInitUnicodeString(&text, Text);
    Name->Length = text.Length;
    Name->MaximumLength = text.MaximumLength; /* with the end that %ws wants */
    Name->Buffer = ExAllocatePoolWithTag(NAME_POOL, text.MaximumLength, ZOO_TAG);
    if (Name->Buffer == NULL) {
        return FALSE;
    }
    RtlCopyMemory(Name->Buffer, text.Buffer, text.MaximumLength);
    return TRUE;
}

static VOID Receive(VOID)
{
    KIRQL irql;
    KeRaiseIrql(DISPATCH_LEVEL, &irql);
    Same = EqualName(&First, &Second);
    KeLowerIrql(irql);
}

static VOID FreeNames(VOID)
{
    if (First.Buffer != NULL) {
        ZooFree(First.Buffer);
    }
    if (Second.Buffer != NULL) {
        ZooFree(Second.Buffer);
    }
}

static BOOLEAN ZooStart(VOID)
{
    if (!MakeName(&First, NAME) || !MakeName(&Second, OTHER_CASE)) {
        FreeNames();
        return FALSE;
    }
    ZooThread(0, Receive);
    return TRUE;
}

static VOID ZooStop(VOID)
{
    FreeNames();
}
