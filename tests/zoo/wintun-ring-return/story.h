/*
 * Packets that NDIS holds, in the order in which they lie in the ring.  When they are returned, the ring's
 * head moves on to the end of what was taken off the list.
 */
#include "../zoo.h"

#define PACKETS 2

struct Packet {
    struct Packet *Next;
    ULONG End; /* where in the ring the next one begins */
};

static struct Packet Packets[PACKETS];
static struct Packet *Active;
static volatile ULONG Head;
static KSPIN_LOCK Lock;

static VOID Return(VOID);

static VOID Initialize(struct Packet *Packet, ULONG End);

static BOOLEAN ZooStart(VOID)
{
    KeInitializeSpinLock(&Lock);
    for (ULONG i = 0; i < PACKETS; i++) {
        Initialize(&Packets[i], i + 1);
    }
    Packets[0].Next = &Packets[1];
    Active = &Packets[0];
    ZooThread(0, Return);
    ZooThread(1, Return);
    return TRUE;
}

static VOID ZooStop(VOID)
{
    NT_ASSERT(Active == NULL && Head == PACKETS);
}
