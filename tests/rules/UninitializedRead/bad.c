/*
 * A member that nobody has set decides.
 * Contexts: entry thread dpc.  Accesses: instrumented.
 */
#include "../contexts.h"

struct Adapter {
    ULONG Speed;
    ULONG Duplex;
};
volatile ULONG Seen;

static VOID body(VOID)
{
    struct Adapter *adapter = ExAllocatePoolWithTag(NonPagedPoolNx, sizeof(*adapter), 'inu ');
    if (adapter != NULL) {
        adapter->Speed = 1000;
        if (adapter->Duplex == 1) {
            Seen = adapter->Speed;
        }
        ExFreePoolWithTag(adapter, 'inu ');
    }
}
