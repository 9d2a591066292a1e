/*
 * The error path releases the mutex, and so does the end.
 * Contexts: entry thread.
 */
#include "../contexts.h"

static KMUTEX Mutex;

static VOID body(VOID)
{
    KeInitializeMutex(&Mutex, 0);
    KeWaitForMutexObject(&Mutex, Executive, KernelMode, FALSE, NULL);
    KeReleaseMutex(&Mutex, FALSE);
    KeReleaseMutex(&Mutex, FALSE);
}
