/*
 * A queue of packets to send: the sender looks at the first, submits it, and takes it off.  Meanwhile one
 * more is queued, and the device looks at what was submitted.
 */
#include "../zoo.h"

#define PACKETS 2

static ULONG Packets[PACKETS] = {1, 2};
static ULONG First;             /* of those not sent yet */
static volatile LONG Last = 1;  /* behind the last */
static volatile LONG Submitted; /* to the device */
static LONG Seen;               /* of them, by the device */

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
    Seen = Submitted;
}

static BOOLEAN ZooStart(VOID)
{
    ZooThread(1, Queue);
    ZooThread(0, Send);
    return TRUE;
}

static VOID ZooStop(VOID)
{
    NT_ASSERT(Seen <= Submitted);
}
