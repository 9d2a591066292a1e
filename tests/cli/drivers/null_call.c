/* Calls through a NULL function pointer. */
#include <ntddk.h>

static NTSTATUS (*volatile nobody)(void);

NTSTATUS DriverEntry(PDRIVER_OBJECT driver, PUNICODE_STRING path)
{
    UNREFERENCED_PARAMETER(driver);
    UNREFERENCED_PARAMETER(path);
    return nobody();
}
