/*
 * An event in paged pool: whoever sets it touches it at DISPATCH_LEVEL, inside the system.
 * Contexts: entry thread.
 */
#include "../contexts.h"

static VOID body(VOID)
{
    PKEVENT event = ExAllocatePoolZero(PagedPool, sizeof(*event), 'tneE');
    if (event != NULL) {
        KeInitializeEvent(event, NotificationEvent, FALSE);
        KeSetEvent(event, IO_NO_INCREMENT, FALSE);
        ExFreePoolWithTag(event, 'tneE');
    }
}
