/*
 * npcap, 2020-08-14: one lock for lists and shelves was split into two, to be faster.  To get an object is
 * now two critical sections: take a shelf off its list, then count the object.  Between them a return counts
 * the shelf empty and takes it off the list that it is no longer on; then both insert it.  Three days later
 * the pool gave way to lookaside lists.
 *
 * https://github.com/nmap/npcap/commit/5e89273417b6e398366100dafab6e3966daff518
 * Verdict: ListCorrupt (bug check 0x139); 1 preemption, 2 processors.
 */
#include "story.h"

static VOID Get(VOID)
{
    KIRQL irql;
    KeAcquireSpinLock(&ShelfLock, &irql);
    PLIST_ENTRY entry = RemoveHeadList(&Partial);
    if (entry == &Partial) {
        entry = RemoveHeadList(&Empty);
    }
    KeReleaseSpinLock(&ShelfLock, irql);

    struct Shelf *shelf = CONTAINING_RECORD(entry, struct Shelf, Entry);
    KeAcquireSpinLock(&UnusedLock, &irql);
    if (++shelf->Used < OBJECTS) {
        KeAcquireSpinLockAtDpcLevel(&ShelfLock);
        InsertTailList(&Partial, &shelf->Entry);
        KeReleaseSpinLockFromDpcLevel(&ShelfLock);
    }
    KeReleaseSpinLock(&UnusedLock, irql);
}

static VOID Return(VOID)
{
    KIRQL irql;
    KeAcquireSpinLock(&UnusedLock, &irql);
    ULONG used = --Shelf.Used;
    KeAcquireSpinLockAtDpcLevel(&ShelfLock);
    if (used == 0) {
        RemoveEntryList(&Shelf.Entry);
        InsertTailList(&Empty, &Shelf.Entry);
    } else if (used == OBJECTS - 1) {
        InsertTailList(&Partial, &Shelf.Entry);
    }
    KeReleaseSpinLockFromDpcLevel(&ShelfLock);
    KeReleaseSpinLock(&UnusedLock, irql);
}
