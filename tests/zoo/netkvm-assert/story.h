/*
 * A queue of packets to send: the sender looks at the first, submits it, and takes it off.  Meanwhile one
 * more is queued.
 */
#include "../zoo.h"

#define PACKETS 2

static ULONG Packets[PACKETS] = {1, 2};
static ULONG First;             /* of those not sent yet */
static volatile LONG Last = 1;  /* behind the last */
static volatile LONG Submitted; /* on both threads' behalf: it is what the device shows */

static VOID Send(VOID);

static PULONG Peek(VOID)
{
    return First < (ULONG)Last ? &Packets[First] : NULL;
}

static inline PULONG Pop(VOID)
{
    return &Packets[First++];
}

static VOID Queue(VOID)
{
    InterlockedIncrement(&Last);
    NT_ASSERT(Submitted <= 3);
}

static BOOLEAN ZooStart(VOID)
{
    ZooThread(0, Send);
    ZooThread(1, Queue);
    return TRUE;
}

static VOID ZooStop(VOID)
{
}
