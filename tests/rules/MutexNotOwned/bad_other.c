/*
 * The mutex is handed on: another thread releases it than the one that owns it, which never does.
 * Contexts: entry.
 */
#include "../threads.h"

static KMUTEX Mutex;
static KEVENT Owned, Over;

static VOID Owner(VOID)
{
    KeWaitForMutexObject(&Mutex, Executive, KernelMode, FALSE, NULL);
    KeSetEvent(&Owned, IO_NO_INCREMENT, FALSE);
    KeWaitForSingleObject(&Over, Executive, KernelMode, FALSE, NULL);
}

static VOID Heir(VOID)
{
    KeWaitForSingleObject(&Owned, Executive, KernelMode, FALSE, NULL);
    KeReleaseMutex(&Mutex, FALSE);
    KeSetEvent(&Over, IO_NO_INCREMENT, FALSE);
}

static VOID body(VOID)
{
    KeInitializeMutex(&Mutex, 0);
    KeInitializeEvent(&Owned, NotificationEvent, FALSE);
    KeInitializeEvent(&Over, NotificationEvent, FALSE);
    RunBoth(Owner, Heir);
}
