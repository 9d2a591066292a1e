/* The send path picks a queue from a map that an OID request writes anew. */
#include "../zoo.h"

#define MAP_SIZE 2

static ULONG Map[MAP_SIZE];
static ULONG MapMask; /* MAP_SIZE - 1 when the map is in use */
static PNDIS_RW_LOCK_EX Lock;

static VOID Send(VOID);
static VOID SetParameters(VOID);

static ULONG PickQueue(ULONG Hash)
{
    return Map[Hash & MapMask];
}

static VOID WriteMap(VOID)
{
    MapMask = MAP_SIZE - 1;
    Map[1] = 1;
}

static BOOLEAN ZooStart(VOID)
{
    Lock = NdisAllocateRWLock(NULL);
    if (Lock == NULL) {
        return FALSE;
    }
    ZooThread(0, SetParameters);
    ZooThread(1, Send);
    return TRUE;
}

static VOID ZooStop(VOID)
{
    NdisFreeRWLock(Lock);
}
