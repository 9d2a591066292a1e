/*
 * One instance of a filter module is left when the driver goes: its detach runs beside the last part of the
 * unload routine, which waits for the list of instances to become empty.
 */
#include "../zoo.h"

struct Instance {
    LIST_ENTRY Entry;
};

/* What all instances share, and what the unload routine frees. */
struct Shared {
    KEVENT Detached;
    EX_RUNDOWN_REF Instances;
    LONG Returned; /* resources handed back */
};

static struct Shared *Shared;
static LIST_ENTRY List;
static NDIS_SPIN_LOCK ListLock;

static VOID Detach(VOID);
static VOID WaitForDetach(VOID);

static VOID Unlink(struct Instance *Instance)
{
    NdisAcquireSpinLock(&ListLock);
    RemoveEntryList(&Instance->Entry);
    NdisReleaseSpinLock(&ListLock);
}

static inline BOOLEAN NoneLeft(VOID)
{
    NdisAcquireSpinLock(&ListLock);
    BOOLEAN none = IsListEmpty(&List);
    NdisReleaseSpinLock(&ListLock);
    return none;
}

static struct Instance *First(VOID)
{
    return CONTAINING_RECORD(List.Flink, struct Instance, Entry);
}

static VOID UnloadRest(VOID)
{
    WaitForDetach();
    ZooFree(Shared);
}

static BOOLEAN ZooStart(VOID)
{
    struct Instance *instance = ZooAllocate(sizeof(*instance));
    Shared = ZooAllocate(sizeof(*Shared));
    if (instance == NULL || Shared == NULL) {
        if (instance != NULL) {
            ZooFree(instance);
        }
        if (Shared != NULL) {
            ZooFree(Shared);
        }
        return FALSE;
    }
    KeInitializeEvent(&Shared->Detached, NotificationEvent, FALSE);
    ExInitializeRundownProtection(&Shared->Instances);
    ExAcquireRundownProtection(&Shared->Instances); /* the instance's */
    NdisAllocateSpinLock(&ListLock);
    InitializeListHead(&List);
    InsertTailList(&List, &instance->Entry);
    ZooThread(0, UnloadRest);
    ZooThread(1, Detach);
    return TRUE;
}

static VOID ZooStop(VOID)
{
    NdisFreeSpinLock(&ListLock);
}
