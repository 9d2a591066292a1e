/* An adapter's context: made in steps, each of which may fail; one routine undoes whatever was made. */
#include "../zoo.h"

struct Context {
    PVOID Queue;
    LIST_ENTRY ArpPackets; /* of struct Packet; a list from ConstructArp on */
};

struct Packet {
    LIST_ENTRY Entry;
};

static struct Context *Context;

static BOOLEAN Initialize(struct Context *Made);
static VOID CleanUp(struct Context *Made);

static inline VOID ConstructArp(struct Context *Made)
{
    InitializeListHead(&Made->ArpPackets);
}

static inline VOID DestroyArp(struct Context *Made)
{
    while (!IsListEmpty(&Made->ArpPackets)) {
        ZooFree(CONTAINING_RECORD(RemoveHeadList(&Made->ArpPackets), struct Packet, Entry));
    }
}

static BOOLEAN ZooStart(VOID)
{
    struct Context *made = ZooAllocate(sizeof(*made));
    if (made == NULL) {
        return FALSE;
    }
    if (!Initialize(made)) {
        CleanUp(made);
        return FALSE;
    }
    Context = made;
    return TRUE;
}

static VOID ZooStop(VOID)
{
    CleanUp(Context);
}
