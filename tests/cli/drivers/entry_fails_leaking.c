/* DriverEntry fails and forgets the memory that it had allocated. */
#include <ntddk.h>

static PVOID block;

NTSTATUS DriverEntry(PDRIVER_OBJECT driver, PUNICODE_STRING path)
{
    UNREFERENCED_PARAMETER(driver);
    UNREFERENCED_PARAMETER(path);
    block = ExAllocatePoolWithTag(NonPagedPool, 100, 'kael');
    return STATUS_DEVICE_DOES_NOT_EXIST;
}
