/*
 * A checked build takes the head of an empty list for its first entry, and queues it.
 * Contexts: entry dpc.
 */
#define DBG 1
#include "../contexts.h"

static LIST_ENTRY Head;

static VOID body(VOID)
{
    InitializeListHead(&Head);
    PLIST_ENTRY first = RemoveHeadList(&Head);
    InsertTailList(&Head, first);
}
