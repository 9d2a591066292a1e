/*
 * Entries move between two lists, by both kinds of functions; the end of a list is told from an entry.
 * Contexts: entry thread dpc.
 */
#define DBG 1
#include "../contexts.h"

static LIST_ENTRY Free, Busy, Entries[3];
static KSPIN_LOCK Lock;

static VOID body(VOID)
{
    InitializeListHead(&Free);
    InitializeListHead(&Busy);
    KeInitializeSpinLock(&Lock);
    for (ULONG i = 0; i < 3; i++) {
        InsertTailList(&Free, &Entries[i]);
    }
    while (!IsListEmpty(&Free)) {
        ExInterlockedInsertHeadList(&Busy, RemoveHeadList(&Free), &Lock);
    }
    for (PLIST_ENTRY entry = Busy.Flink; entry != &Busy;) {
        PLIST_ENTRY next = entry->Flink;
        RemoveEntryList(entry);
        InsertHeadList(&Free, entry);
        entry = next;
    }
    while (ExInterlockedRemoveHeadList(&Free, &Lock) != NULL) {
    }
}
