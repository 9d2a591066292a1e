/* A handle that is in use while requests on it are handled; close waits until it is not. */
#include "../zoo.h"

static LONG Users;
static BOOLEAN Closing;
static KSPIN_LOCK Lock; /* of the two above */
static KEVENT Unused;   /* set when Users falls to 0 while Closing */

static NTSTATUS SetFilter(ULONG Instruction);

static BOOLEAN StartUsing(VOID)
{
    KIRQL irql;
    KeAcquireSpinLock(&Lock, &irql);
    BOOLEAN open = !Closing;
    if (open) {
        Users++;
    }
    KeReleaseSpinLock(&Lock, irql);
    return open;
}

static VOID StopUsing(VOID)
{
    KIRQL irql;
    KeAcquireSpinLock(&Lock, &irql);
    if (--Users == 0 && Closing) {
        KeSetEvent(&Unused, IO_NO_INCREMENT, FALSE);
    }
    KeReleaseSpinLock(&Lock, irql);
}

static BOOLEAN Validate(ULONG Instruction)
{
    return Instruction == 0;
}

static VOID Request(VOID)
{
    SetFilter(1); /* jumps backwards */
}

static VOID Close(VOID)
{
    KIRQL irql;
    KeAcquireSpinLock(&Lock, &irql);
    Closing = TRUE;
    BOOLEAN used = Users != 0;
    KeReleaseSpinLock(&Lock, irql);
    if (used) {
        KeWaitForSingleObject(&Unused, Executive, KernelMode, FALSE, NULL);
    }
}

static BOOLEAN ZooStart(VOID)
{
    KeInitializeSpinLock(&Lock);
    KeInitializeEvent(&Unused, NotificationEvent, FALSE);
    ZooThread(0, Request);
    ZooThread(1, Close);
    return TRUE;
}

static VOID ZooStop(VOID)
{
}
