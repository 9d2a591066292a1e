/*
 * One lock, one critical section, as it was up to 2020-08-13.
 *
 * https://github.com/nmap/npcap/commit/5e89273417b6e398366100dafab6e3966daff518
 * Verdict: complete.
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
    struct Shelf *shelf = CONTAINING_RECORD(entry, struct Shelf, Entry);
    if (++shelf->Used < OBJECTS) {
        InsertTailList(&Partial, &shelf->Entry);
    }
    KeReleaseSpinLock(&ShelfLock, irql);
}

static VOID Return(VOID)
{
    KIRQL irql;
    KeAcquireSpinLock(&ShelfLock, &irql);
    ULONG used = --Shelf.Used;
    if (used == 0) {
        RemoveEntryList(&Shelf.Entry);
        InsertTailList(&Empty, &Shelf.Entry);
    } else if (used == OBJECTS - 1) {
        InsertTailList(&Partial, &Shelf.Entry);
    }
    KeReleaseSpinLock(&ShelfLock, irql);
}
