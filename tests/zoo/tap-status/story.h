/*
 * A user's handle outlives the adapter: closing it indicates that the media is disconnected.  What NDIS keeps
 * of an adapter goes when halt returns; it is a block of pool here.
 */
#include "../zoo.h"

enum AdapterState { AdapterRunning, AdapterHalted };

struct Miniport {
    LONG MediaConnected;
};

static struct Miniport *Miniport;
static BOOLEAN Gone;
static volatile LONG State = AdapterRunning;
static KSPIN_LOCK StateLock;

static VOID Disconnect(VOID);
static VOID Halt(VOID);

static VOID IndicateDisconnected(VOID)
{
    Miniport->MediaConnected = FALSE;
}

/* NDIS, after MiniportHaltEx has returned. */
static VOID Halted(VOID)
{
    ZooFree(Miniport);
    Gone = TRUE;
}

static BOOLEAN ZooStart(VOID)
{
    Miniport = ZooAllocate(sizeof(*Miniport));
    if (Miniport == NULL) {
        return FALSE;
    }
    KeInitializeSpinLock(&StateLock);
    ZooThread(0, Halt);
    ZooThread(1, Disconnect);
    return TRUE;
}

static VOID ZooStop(VOID)
{
    if (!Gone) {
        ZooFree(Miniport);
    }
}
