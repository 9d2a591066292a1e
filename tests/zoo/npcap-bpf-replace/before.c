/*
 * npcap, before 2025-12: a handle's packet filter is replaced by an exchange of the pointer, and the old
 * program is freed.  The receive path may be interpreting it just then: it holds the lock of the list of
 * filters, which the exchange has nothing to do with.
 *
 * https://github.com/nmap/npcap/issues/819
 * Verdict: PoolUseAfterFree; 1 preemption, 2 processors.
 */
#include "../zoo.h"

struct Program {
    ULONG Instructions[2];
};

static struct Program *volatile Program;
static PNDIS_RW_LOCK_EX Lock;

static VOID Receive(VOID)
{
    LOCK_STATE_EX state;
    ULONG accept = 0;
    NdisAcquireRWLockRead(Lock, &state, 0);
    const struct Program *program = Program;
    for (ULONG i = 0; i < 2; i++) {
        accept |= program->Instructions[i];
    }
    NdisReleaseRWLock(Lock, &state);
    NT_ASSERT(accept == 0);
}

static VOID SetFilter(VOID)
{
    struct Program *program = ZooAllocate(sizeof(*program));
    if (program != NULL) {
        ZooFree(InterlockedExchangePointer((PVOID volatile *)&Program, program));
    }
}

static BOOLEAN ZooStart(VOID)
{
    Program = ZooAllocate(sizeof(*Program));
    Lock = NdisAllocateRWLock(NULL);
    if (Program == NULL || Lock == NULL) {
        if (Program != NULL) {
            ZooFree(Program);
        }
        if (Lock != NULL) {
            NdisFreeRWLock(Lock);
        }
        return FALSE;
    }
    ZooThread(0, SetFilter);
    ZooThread(1, Receive);
    return TRUE;
}

static VOID ZooStop(VOID)
{
    ZooFree(Program);
    NdisFreeRWLock(Lock);
}
