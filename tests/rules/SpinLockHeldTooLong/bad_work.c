/*
 * Goes over a table under the lock, again and again.
 * Contexts: thread.
 */
#include "../contexts.h"

static KSPIN_LOCK Lock;
static volatile ULONG Table[1024];

static VOID body(VOID)
{
    KeInitializeSpinLock(&Lock);
    for (ULONG hold = 0; hold < 16; hold++) {
        KIRQL irql;
        KeAcquireSpinLock(&Lock, &irql);
        for (ULONG i = 0; i < 16 * 1024 * 1024; i++) {
            Table[i % 1024] += i;
        }
        KeReleaseSpinLock(&Lock, irql);
    }
}
