/*
 * Two send queues, each with a frame in the hardware.  While the second frame is being sent, by a protocol
 * that holds a lock of its own, the first is completed on another processor; then the adapter pauses.
 */
#include "../zoo.h"

#define QUEUES 2

struct Queue {
    KSPIN_LOCK Lock;
    ULONG InHardware;
};

static struct Queue Queues[QUEUES];
static KSPIN_LOCK ProtocolLock;
static ULONG Completed; /* the protocol's */
static BOOLEAN Paused;

/* What is common to sending, to a send interrupt (Completes frames have left) and to MiniportPause. */
static VOID DoPendingTasks(struct Queue *Queue, ULONG Completes);
static VOID Send(struct Queue *Queue);
static VOID Pause(VOID);

/* ---- the protocol and NDIS: DISPATCH_LEVEL ---- */

static VOID ProtocolSendComplete(ULONG Count)
{
    KeAcquireSpinLockAtDpcLevel(&ProtocolLock);
    Completed += Count;
    KeReleaseSpinLockFromDpcLevel(&ProtocolLock);
}

static VOID ProtocolSend(VOID)
{
    KeAcquireSpinLockAtDpcLevel(&ProtocolLock);
    Send(&Queues[1]);
    KeReleaseSpinLockFromDpcLevel(&ProtocolLock);
}

static VOID PauseComplete(VOID)
{
    NT_ASSERT(Completed == QUEUES);
    Paused = TRUE;
}

/* ---- */

static VOID FirstProcessor(VOID)
{
    KIRQL irql;
    KeRaiseIrql(DISPATCH_LEVEL, &irql);
    DoPendingTasks(&Queues[0], 1);
    KeLowerIrql(irql);
}

static VOID SecondProcessor(VOID)
{
    KIRQL irql;
    KeRaiseIrql(DISPATCH_LEVEL, &irql);
    ProtocolSend();
    Pause();
    DoPendingTasks(&Queues[1], 1);
    KeLowerIrql(irql);
}

static BOOLEAN ZooStart(VOID)
{
    KeInitializeSpinLock(&ProtocolLock);
    for (ULONG i = 0; i < QUEUES; i++) {
        KeInitializeSpinLock(&Queues[i].Lock);
    }
    Queues[0].InHardware = 1;
    ZooThread(0, FirstProcessor);
    ZooThread(1, SecondProcessor);
    return TRUE;
}

static VOID ZooStop(VOID)
{
    NT_ASSERT(Paused);
}
