/*
 * A string is converted, for which memory may have to be allocated, at DISPATCH_LEVEL.
 * Contexts: entry thread dpc.
 */
#include "../contexts.h"

static VOID body(VOID)
{
    UNICODE_STRING wide = RTL_CONSTANT_STRING(L"name");
    CHAR buffer[16];
    ANSI_STRING narrow = {0, sizeof(buffer), buffer};
    KIRQL irql;
    KeRaiseIrql(DISPATCH_LEVEL, &irql);
    RtlUnicodeStringToAnsiString(&narrow, &wide, FALSE);
    KeLowerIrql(irql);
}
