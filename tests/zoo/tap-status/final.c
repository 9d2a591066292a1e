/*
 * As it should be: the look and the indication are one critical section, and so is the change of the state.
 *
 * https://github.com/OpenVPN/tap-windows6/commit/3715c410b0980d24a6be491c46e8a443072c754b
 * Verdict: complete.
 */
#include "story.h"

static VOID Disconnect(VOID)
{
    KIRQL irql;
    KeAcquireSpinLock(&StateLock, &irql);
    if (State != AdapterHalted) {
        IndicateDisconnected();
    }
    KeReleaseSpinLock(&StateLock, irql);
}

static VOID Halt(VOID)
{
    KIRQL irql;
    KeAcquireSpinLock(&StateLock, &irql);
    State = AdapterHalted;
    KeReleaseSpinLock(&StateLock, irql);
    Halted();
}
