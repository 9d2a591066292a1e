/*
 * A thread's handle is never closed.
 * Contexts: entry thread.
 */
#include "../contexts.h"

static VOID Nothing(PVOID Context)
{
    UNREFERENCED_PARAMETER(Context);
}

static VOID body(VOID)
{
    HANDLE handle;
    PsCreateSystemThread(&handle, THREAD_ALL_ACCESS, NULL, NULL, NULL, Nothing, NULL);
}
