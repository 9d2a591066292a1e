/*
 * One thread drops what another one still uses.
 * Contexts: entry.  Engine: explored.
 */
#include "../threads.h"

struct Shared {
    volatile LONG Closing;
    volatile LONG Uses;
};
static struct Shared *volatile Shared;

static VOID User(VOID)
{
    struct Shared *shared = Shared;
    if (shared != NULL) {
        shared->Uses = 1;
    }
}

static VOID Closer(VOID)
{
    struct Shared *shared = (struct Shared *)InterlockedExchangePointer((PVOID volatile *)&Shared, NULL);
    ExFreePoolWithTag(shared, 'faud');
}

static VOID body(VOID)
{
    Shared = ExAllocatePoolZero(NonPagedPoolNx, sizeof(struct Shared), 'faud');
    if (Shared != NULL) {
        RunBoth(User, Closer);
    }
}
