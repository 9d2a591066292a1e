/*
 * A producer moves the ring's tail and wakes the consumer if that says it may sleep.  The consumer says so,
 * looks at the tail once more, and sleeps.
 */
#include "../zoo.h"

static volatile ULONG Tail;
static volatile LONG Alertable;
static KEVENT TailMoved;

static VOID ProducerBarrier(VOID);
static VOID ConsumerBarrier(VOID);

static VOID Produce(VOID)
{
    Tail = 1;
    ProducerBarrier();
    if (Alertable) {
        KeSetEvent(&TailMoved, IO_NO_INCREMENT, FALSE);
    }
}

static VOID Consume(VOID)
{
    Alertable = TRUE;
    ConsumerBarrier();
    if (Tail == 0) {
        KeWaitForSingleObject(&TailMoved, Executive, KernelMode, FALSE, NULL);
    }
    Alertable = FALSE;
}

static BOOLEAN ZooStart(VOID)
{
    KeInitializeEvent(&TailMoved, SynchronizationEvent, FALSE);
    ZooThread(0, Produce);
    ZooThread(1, Consume);
    return TRUE;
}

static VOID ZooStop(VOID)
{
}
