/*
 * Traces much under its lock: what takes the time is the output here, not the driver.
 * Contexts: thread.
 */
#include "../contexts.h"

static KSPIN_LOCK Lock;

static VOID body(VOID)
{
    KeInitializeSpinLock(&Lock);
    for (ULONG hold = 0; hold < 12; hold++) {
        KIRQL irql;
        KeAcquireSpinLock(&Lock, &irql);
        for (ULONG i = 0; i < 300; i++) {
            DbgPrint("hold %3lu, line %4lu: %800lu\r", hold, i, i);
        }
        KeReleaseSpinLock(&Lock, irql);
    }
}
