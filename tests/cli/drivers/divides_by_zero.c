/* An arithmetic trap. */
#include <ntddk.h>

static volatile int zero;

NTSTATUS DriverEntry(PDRIVER_OBJECT driver, PUNICODE_STRING path)
{
    UNREFERENCED_PARAMETER(driver);
    UNREFERENCED_PARAMETER(path);
    return 1000 / zero;
}
