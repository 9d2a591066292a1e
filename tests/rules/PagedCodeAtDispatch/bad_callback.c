/*
 * The routine of a DPC is pageable; it does nothing that would be seen otherwise.
 * Contexts: entry thread.
 */
#include "../contexts.h"

static KDPC Late;
static volatile ULONG Ran;

__declspec(code_seg("PAGE")) static VOID LateRoutine(PKDPC Object, PVOID Context, PVOID One, PVOID Two)
{
    UNREFERENCED_PARAMETER(Object);
    UNREFERENCED_PARAMETER(Context);
    UNREFERENCED_PARAMETER(One);
    UNREFERENCED_PARAMETER(Two);
    Ran = 1;
}

static VOID body(VOID)
{
    KeInitializeDpc(&Late, LateRoutine, NULL);
    KeInsertQueueDpc(&Late, NULL, NULL);
    KeFlushQueuedDpcs();
    NT_VERIFY(Ran == 1);
}
