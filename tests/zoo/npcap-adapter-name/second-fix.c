/*
 * npcap, 2016-03-26: the names are in nonpaged pool, and are printed with %ws.  To convert them takes tables
 * that can be paged out: DbgPrint allows it at PASSIVE_LEVEL only.
 *
 * https://github.com/nmap/npcap/commit/c72642f0216d595b3cad6a83b4bdd7a42cedf688
 * Verdict: IrqlTooHigh.
 */
#define NAME_POOL NonPagedPoolNx
#include "print.h"

static BOOLEAN EqualName(PUNICODE_STRING S1, PUNICODE_STRING S2)
{
    BOOLEAN same = Compare(S1, S2);
    DbgPrint("EqualName: %d, s1 = %ws, s2 = %ws\n", same, S1->Buffer, S2->Buffer);
    return same;
}
