/* The switch tells of a changed network adapter, which the driver has not, or no longer, on its list. */
#include "../zoo.h"

struct Port {
    LIST_ENTRY Entry;
    ULONG Id;
    ULONG Mtu;
};

static PNDIS_RW_LOCK_EX DispatchLock;
static LIST_ENTRY Ports;
static struct Port Port = {.Id = 1};

static VOID UpdateNic(ULONG Id, ULONG Mtu);

static struct Port *FindPort(ULONG Id)
{
    for (PLIST_ENTRY entry = Ports.Flink; entry != &Ports; entry = entry->Flink) {
        struct Port *port = CONTAINING_RECORD(entry, struct Port, Entry);
        if (port->Id == Id) {
            return port;
        }
    }
    return NULL;
}

static VOID Switch(VOID)
{
    UpdateNic(1, 1500);
    UpdateNic(2, 1500);
}

static BOOLEAN ZooStart(VOID)
{
    DispatchLock = NdisAllocateRWLock(NULL);
    if (DispatchLock == NULL) {
        return FALSE;
    }
    InitializeListHead(&Ports);
    InsertTailList(&Ports, &Port.Entry);
    ZooThread(0, Switch);
    return TRUE;
}

static VOID ZooStop(VOID)
{
    NdisFreeRWLock(DispatchLock);
}
