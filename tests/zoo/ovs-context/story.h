/* A switch's context, found by requests through a global pointer; detaching the switch gives it up. */
#include "../zoo.h"

struct Ports {
    LONG Count;
};

struct Switch {
    struct Ports *Ports;
};

static struct Switch *volatile Switch;
static volatile LONG References;

static VOID Request(VOID);
static VOID Detach(VOID);

/* One more reference, unless the last one has gone. */
static inline BOOLEAN Acquire(VOID)
{
    LONG seen;
    do {
        seen = References;
        if (seen == 0) {
            return FALSE;
        }
    } while (InterlockedCompareExchange(&References, seen + 1, seen) != seen);
    return TRUE;
}

static BOOLEAN ZooStart(VOID)
{
    struct Switch *made = ZooAllocate(sizeof(*made));
    struct Ports *ports = ZooAllocate(sizeof(*ports));
    if (made == NULL || ports == NULL) {
        if (made != NULL) {
            ZooFree(made);
        }
        if (ports != NULL) {
            ZooFree(ports);
        }
        return FALSE;
    }
    made->Ports = ports;
    References = 1;
    Switch = made;
    ZooThread(0, Detach);
    ZooThread(1, Request);
    return TRUE;
}

static VOID ZooStop(VOID)
{
}
