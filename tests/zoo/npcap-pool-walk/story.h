/* A handle's queue of captured packets, each an object of a pool; closing the handle returns them all. */
#include "../zoo.h"

#define PACKETS 2

struct Captured {
    LIST_ENTRY Entry;
};

static LIST_ENTRY Queue;

static VOID Reset(VOID);

static BOOLEAN ZooStart(VOID)
{
    InitializeListHead(&Queue);
    for (ULONG i = 0; i < PACKETS; i++) {
        struct Captured *packet = ZooAllocate(sizeof(*packet));
        if (packet != NULL) {
            InsertTailList(&Queue, &packet->Entry);
        }
    }
    ZooThread(0, Reset);
    return TRUE;
}

static VOID ZooStop(VOID)
{
}
