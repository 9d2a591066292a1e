/*
 * A pool of objects on shelves: a shelf is on the list of partly used ones, on that of empty ones, or, when
 * all its objects are in use, on none.  Here is one shelf with two objects, of which one is in use.
 */
#include "../zoo.h"

#define OBJECTS 2

struct Shelf {
    LIST_ENTRY Entry;
    ULONG Used;
};

static struct Shelf Shelf;
static LIST_ENTRY Partial, Empty;
static KSPIN_LOCK ShelfLock;  /* of the lists */
static KSPIN_LOCK UnusedLock; /* of a shelf's objects */

static VOID Get(VOID);
static VOID Return(VOID);

static ULONG Length(PLIST_ENTRY Head)
{
    ULONG length = 0;
    for (PLIST_ENTRY entry = Head->Flink; entry != Head && length <= 1; entry = entry->Flink) {
        length++;
    }
    return length;
}

static BOOLEAN ZooStart(VOID)
{
    KeInitializeSpinLock(&ShelfLock);
    KeInitializeSpinLock(&UnusedLock);
    InitializeListHead(&Partial);
    InitializeListHead(&Empty);
    Shelf.Used = 1;
    InsertTailList(&Partial, &Shelf.Entry);
    ZooThread(0, Get);
    ZooThread(1, Return);
    return TRUE;
}

static VOID ZooStop(VOID)
{
    NT_ASSERT(Shelf.Used == 1);
    NT_ASSERT(Length(&Partial) == 1 && Length(&Empty) == 0);
}
