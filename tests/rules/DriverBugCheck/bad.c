/*
 * The driver gives up.
 * Contexts: entry thread dpc.
 */
#include "../contexts.h"

static volatile BOOLEAN Broken = TRUE;

static VOID body(VOID)
{
    if (Broken) {
        KeBugCheckEx(0xDEAD0001, 1, 2, 3, 4);
    }
}
