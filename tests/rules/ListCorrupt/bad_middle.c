/*
 * An entry that is in the list already is inserted again at the end; the next removal finds it out.
 * Contexts: dpc.
 */
#include "../contexts.h"

static LIST_ENTRY Head, First, Second, Third;

static VOID body(VOID)
{
    InitializeListHead(&Head);
    InsertTailList(&Head, &First);
    InsertTailList(&Head, &Second);
    InsertTailList(&Head, &Third);
    InsertTailList(&Head, &Second);
    RemoveEntryList(&Third);
}
