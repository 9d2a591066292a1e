/*
 * The unset value is the last thing that the code reads.
 * Contexts: entry thread dpc.  Accesses: instrumented.
 */
#include "../contexts.h"

PULONGLONG Left;

static ULONGLONG Take(VOID)
{
    return Left[2];
}

static VOID body(VOID)
{
    Left = ExAllocatePoolWithTag(NonPagedPoolNx, 64, 'inu ');
    if (Left != NULL) {
        ULONGLONG value = Take();
        ExFreePoolWithTag(Left, 'inu ');
        Left = value == 1 ? NULL : Left;
    }
}
