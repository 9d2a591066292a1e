/* A queue of packets to send: the sender looks at the first, submits it, and takes it off. */
#include "../zoo.h"

#define PACKETS 2

static ULONG Packets[PACKETS] = {1, 2};
static ULONG First; /* of those not sent yet */
static ULONG Submitted;

static VOID Send(VOID);

static PULONG Peek(VOID)
{
    return First < PACKETS ? &Packets[First] : NULL;
}

static PULONG Pop(VOID)
{
    return First < PACKETS ? &Packets[First++] : NULL;
}

static BOOLEAN ZooStart(VOID)
{
    ZooThread(0, Send);
    return TRUE;
}

static VOID ZooStop(VOID)
{
}
