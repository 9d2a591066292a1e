/* The adapter that the DPC works on and the stopper frees. */
#include "../zoo.h"

struct Adapter {
    LONG Frames;
};

static struct Adapter *Adapter;
static BOOLEAN Gone;
static volatile LONG Enabled;
static volatile LONG Inside; /* DPCs at work */
static KDPC Dpc;

static KDEFERRED_ROUTINE DpcRoutine;
static VOID Stop(VOID);

static BOOLEAN ZooStart(VOID)
{
    Adapter = ZooAllocate(sizeof(*Adapter));
    if (Adapter == NULL) {
        return FALSE;
    }
    Enabled = TRUE;
    KeInitializeDpc(&Dpc, DpcRoutine, NULL);
    KeSetTargetProcessorDpc(&Dpc, 1);
    ZooThread(0, Stop);
    KeInsertQueueDpc(&Dpc, NULL, NULL);
    return TRUE;
}

static VOID ZooStop(VOID)
{
    if (!Gone) {
        ZooFree(Adapter); /* the stopper could not be started */
    }
}
