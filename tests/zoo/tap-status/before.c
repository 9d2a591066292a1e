/*
 * tap-windows6, before 2014-02: closing the handle indicates the status, whether the adapter is still there
 * or not.
 *
 * https://github.com/OpenVPN/tap-windows6/commit/3715c410b0980d24a6be491c46e8a443072c754b
 * Verdict: PoolUseAfterFree; no preemption: halt, then close.
 */
#include "story.h"

static VOID Disconnect(VOID)
{
    IndicateDisconnected();
}

static VOID Halt(VOID)
{
    State = AdapterHalted;
    Halted();
}
