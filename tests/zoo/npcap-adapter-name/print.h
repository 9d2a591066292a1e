/* A comparison that looks at upper and lower case itself and changes nothing, as from 2016-03-26 on. */
#include "story.h"

static WCHAR Lower(WCHAR Character)
{
    return Character >= L'A' && Character <= L'Z' ? (WCHAR)(Character + (L'a' - L'A')) : Character;
}

static BOOLEAN Compare(PUNICODE_STRING S1, PUNICODE_STRING S2)
{
    if (S1->Length != S2->Length) {
        return FALSE;
    }
    for (ULONG i = 0; i < S2->Length / sizeof(WCHAR); i++) {
        if (Lower(S1->Buffer[i]) != Lower(S2->Buffer[i])) {
            return FALSE;
        }
    }
    return TRUE;
}
