/*
 * A handle with a packet filter.  The filters of all running handles are in a list that the receive path
 * walks.  A handle starts to run with its first read; its filter may be set before and after.
 */
#include "../zoo.h"

struct Program {
    LIST_ENTRY Entry; /* Flink NULL: not in the list */
    ULONG Instruction;
};

static struct Program *Program; /* the handle's */
static BOOLEAN Running;
static KSPIN_LOCK HandleLock; /* of the two above */
static LIST_ENTRY Programs;
static PNDIS_RW_LOCK_EX Lock; /* of the list */

static VOID Replace(struct Program *New);
static VOID Run(VOID);

static VOID SetFilter(VOID)
{
    struct Program *program = ZooAllocate(sizeof(*program));
    if (program != NULL) {
        Replace(program);
    }
}

static VOID Read(VOID)
{
    LOCK_STATE_EX state;
    ULONG count = 0, accept = 0;
    Run();
    NdisAcquireRWLockRead(Lock, &state, 0);
    for (PLIST_ENTRY entry = Programs.Flink; entry != &Programs && count <= 1; entry = entry->Flink) {
        accept |= CONTAINING_RECORD(entry, struct Program, Entry)->Instruction;
        count++;
    }
    NdisReleaseRWLock(Lock, &state);
    NT_ASSERT(accept == 0);
    NT_ASSERT(count <= 1); /* there is one handle */
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
    InitializeListHead(&Programs);
    KeInitializeSpinLock(&HandleLock);
    ZooThread(0, SetFilter);
    ZooThread(1, Read);
    return TRUE;
}

static VOID ZooStop(VOID)
{
    ZooFree(Program);
    NdisFreeRWLock(Lock);
}
