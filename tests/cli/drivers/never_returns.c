/* DriverEntry spins at PASSIVE_LEVEL for ever: only --timeout ends it. */
#include <ntddk.h>

static volatile LONG forever = 1;

NTSTATUS DriverEntry(PDRIVER_OBJECT driver, PUNICODE_STRING path)
{
    UNREFERENCED_PARAMETER(driver);
    UNREFERENCED_PARAMETER(path);
    while (forever) {
    }
    return STATUS_SUCCESS;
}
