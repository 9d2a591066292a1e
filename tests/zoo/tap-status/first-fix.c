/*
 * tap-windows6 since 2014-02: it looks whether the adapter has been halted first.  The reported order is safe
 * now; halt between the look and the indication is not.
 *
 * https://github.com/OpenVPN/tap-windows6/commit/3715c410b0980d24a6be491c46e8a443072c754b
 * Verdict: PoolUseAfterFree; 1 preemption, 2 processors.
 */
#include "story.h"

static VOID Disconnect(VOID)
{
    if (State != AdapterHalted) {
        IndicateDisconnected();
    }
}

static VOID Halt(VOID)
{
    State = AdapterHalted;
    Halted();
}
