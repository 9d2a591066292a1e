/* A receive queue.  Its DPC takes what has arrived out of the ring; what cannot be used goes back at once. */
#include "../zoo.h"

#define BUFFERS 2
#define HEADER_SIZE 14

struct Buffer {
    LIST_ENTRY Entry;
    ULONG Received;
};

static NDIS_SPIN_LOCK Lock; /* of the ring */
static LIST_ENTRY Ring;
static struct Buffer Buffers[BUFFERS] = {{.Received = 60}, {.Received = HEADER_SIZE - 1}};
static ULONG Errors;
static KDPC Dpc;

/* Gives a buffer back that ProcessRing, which holds the lock, has no use for. */
static VOID Discard(struct Buffer *Buffer);

static VOID ReuseNoLock(struct Buffer *Buffer)
{
    Buffer->Received = 0;
    InsertTailList(&Ring, &Buffer->Entry);
}

static VOID Reuse(struct Buffer *Buffer)
{
    NdisAcquireSpinLock(&Lock);
    ReuseNoLock(Buffer);
    NdisReleaseSpinLock(&Lock);
}

static VOID ProcessRing(PKDPC This, PVOID Context, PVOID Argument1, PVOID Argument2)
{
    UNREFERENCED_PARAMETER(This);
    UNREFERENCED_PARAMETER(Context);
    UNREFERENCED_PARAMETER(Argument1);
    UNREFERENCED_PARAMETER(Argument2);
    struct Buffer *received = NULL;
    NdisAcquireSpinLock(&Lock);
    for (ULONG i = 0; i < BUFFERS; i++) {
        struct Buffer *buffer = CONTAINING_RECORD(RemoveHeadList(&Ring), struct Buffer, Entry);
        if (buffer->Received < HEADER_SIZE) {
            Errors++;
            Discard(buffer);
        } else {
            received = buffer;
        }
    }
    NdisReleaseSpinLock(&Lock);
    if (received != NULL) {
        Reuse(received); /* the stack has returned it */
    }
}

static BOOLEAN ZooStart(VOID)
{
    NdisAllocateSpinLock(&Lock);
    InitializeListHead(&Ring);
    for (ULONG i = 0; i < BUFFERS; i++) {
        InsertTailList(&Ring, &Buffers[i].Entry);
    }
    KeInitializeDpc(&Dpc, ProcessRing, NULL);
    KeInsertQueueDpc(&Dpc, NULL, NULL);
    return TRUE;
}

static VOID ZooStop(VOID)
{
    KeFlushQueuedDpcs();
    NdisFreeSpinLock(&Lock);
}
