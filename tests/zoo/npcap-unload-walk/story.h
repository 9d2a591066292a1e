/* DriverUnload closes what is left open; to close waits for the requests of a handle. */
#include "../zoo.h"

#define OPENS 2

struct Open {
    LIST_ENTRY Entry;
    NDIS_EVENT Idle;
};

static PNDIS_RW_LOCK_EX AllOpensLock;
static LIST_ENTRY AllOpens;

static VOID CloseAll(VOID);

static VOID CloseOpen(struct Open *Open)
{
    NdisWaitEvent(&Open->Idle, 0);
    ZooFree(Open);
}

static BOOLEAN ZooStart(VOID)
{
    InitializeListHead(&AllOpens);
    AllOpensLock = NdisAllocateRWLock(NULL);
    if (AllOpensLock == NULL) {
        return FALSE;
    }
    for (ULONG i = 0; i < OPENS; i++) {
        struct Open *open = ZooAllocate(sizeof(*open));
        if (open != NULL) {
            NdisInitializeEvent(&open->Idle);
            NdisSetEvent(&open->Idle);
            InsertTailList(&AllOpens, &open->Entry);
        }
    }
    return TRUE;
}

static VOID ZooStop(VOID)
{
    CloseAll();
    NdisFreeRWLock(AllOpensLock);
}
