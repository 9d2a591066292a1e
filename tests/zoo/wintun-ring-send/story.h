/*
 * A ring of 4 slots, of which 3 can be full: Head is where the reader is, Tail where the next packet goes,
 * and Head == Tail means empty.  At the beginning it is full.
 */
#include "../zoo.h"

#define CAPACITY 4
#define WRAP(value) ((value) & (CAPACITY - 1))

static volatile ULONG Head;
static volatile ULONG Tail;
static KSPIN_LOCK Lock;

static VOID Send(VOID);

/* With the lock held, and the head as the sender sees it. */
static VOID Put(ULONG SeenHead)
{
    ULONG tail = Tail;
    if (WRAP(SeenHead - tail - 1) >= 1) {
        tail = WRAP(tail + 1);
        NT_ASSERT(tail != Head); /* else the ring overran, and looks empty */
        Tail = tail;
    }
}

/* The reader takes a packet, and a second sender fills the slot. */
static VOID ReadAndSend(VOID)
{
    Head = WRAP(Head + 1);
    Send();
}

static BOOLEAN ZooStart(VOID)
{
    KeInitializeSpinLock(&Lock);
    Head = 0;
    Tail = 3;
    ZooThread(0, Send);
    ZooThread(1, ReadAndSend);
    return TRUE;
}

static VOID ZooStop(VOID)
{
}
