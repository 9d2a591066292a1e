/*
 * Interlocked and volatile accesses do not race with each other, and order what is published through them;
 * the last reference orders what was done under the others.
 * Contexts: entry.  Engine: explored.
 */
#include "../threads.h"

ULONG Data, Seen, Used[2];
volatile LONG Published;
LONG References;

static VOID DropReference(VOID)
{
    if (InterlockedDecrement(&References) == 0) {
        Seen += Used[0] + Used[1];
    }
}

static VOID Writer(VOID)
{
    Data = 5;
    Published = 1;
    Used[0] = 1;
    DropReference();
}

static VOID Reader(VOID)
{
    if (Published) {
        Used[1] = Data;
    }
    DropReference();
}

static VOID body(VOID)
{
    References = 2;
    RunBoth(Writer, Reader);
}
