/*
 * An entry is removed twice.
 * Contexts: entry thread dpc.
 */
#include "../contexts.h"

static LIST_ENTRY Head, First, Second;

static VOID body(VOID)
{
    InitializeListHead(&Head);
    InsertTailList(&Head, &First);
    InsertTailList(&Head, &Second);
    RemoveEntryList(&First);
    RemoveEntryList(&First);
}
