/* Fails when it is started twice on the same data: each instance must have data of its own. */
#include <ntddk.h>

static LONG starts;

NTSTATUS DriverEntry(PDRIVER_OBJECT driver, PUNICODE_STRING path)
{
    UNREFERENCED_PARAMETER(driver);
    UNREFERENCED_PARAMETER(path);
    return InterlockedIncrement(&starts) == 1 ? STATUS_SUCCESS : STATUS_ALREADY_REGISTERED;
}
