/*
 * A filter module's list of open handles: detaching the module detaches every handle, while the user may
 * close one, which takes it off the list and frees it.
 */
#include "../zoo.h"

#define OPENS 2

struct Open {
    SINGLE_LIST_ENTRY Entry;
    LONG References;
    BOOLEAN Detached;
};

static SINGLE_LIST_ENTRY Opens;
static struct Open *All[OPENS]; /* NULL when freed; the user closes All[0], the list's first */
static KSPIN_LOCK Lock;         /* of the list and the references */

static VOID Detach(VOID);
static VOID Close(VOID);

static inline VOID Free(struct Open *Open)
{
    All[Open == All[0] ? 0 : 1] = NULL;
    ZooFree(Open);
}

/* With the lock held. */
static VOID Unlink(struct Open *Open)
{
    for (PSINGLE_LIST_ENTRY entry = &Opens; entry->Next != NULL; entry = entry->Next) {
        if (entry->Next == &Open->Entry) {
            entry->Next = Open->Entry.Next;
            break;
        }
    }
}

static inline VOID Dereference(struct Open *Open)
{
    KIRQL irql;
    KeAcquireSpinLock(&Lock, &irql);
    BOOLEAN last = --Open->References == 0;
    KeReleaseSpinLock(&Lock, irql);
    if (last) {
        Free(Open);
    }
}

static BOOLEAN ZooStart(VOID)
{
    KeInitializeSpinLock(&Lock);
    for (ULONG i = OPENS; i-- > 0;) {
        struct Open *open = ZooAllocate(sizeof(*open));
        if (open == NULL) {
            ZooStop();
            return FALSE;
        }
        open->References = 1;
        PushEntryList(&Opens, &open->Entry);
        All[i] = open;
    }
    ZooThread(0, Close);
    ZooThread(1, Detach);
    return TRUE;
}

static VOID ZooStop(VOID)
{
    for (ULONG i = 0; i < OPENS; i++) {
        if (All[i] != NULL) {
            ZooFree(All[i]);
        }
    }
}
