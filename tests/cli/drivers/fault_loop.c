/* Allocates in a loop; when one fails it forgets those before.  The first leaves nothing to forget. */
#include <ntddk.h>

#define COUNT 4

static PVOID blocks[COUNT];

static VOID unload(PDRIVER_OBJECT driver)
{
    UNREFERENCED_PARAMETER(driver);
    for (int i = 0; i < COUNT; i++) {
        ExFreePoolWithTag(blocks[i], 'tluF');
    }
}

NTSTATUS DriverEntry(PDRIVER_OBJECT driver, PUNICODE_STRING path)
{
    UNREFERENCED_PARAMETER(path);
    driver->DriverUnload = unload;
    for (int i = 0; i < COUNT; i++) {
        blocks[i] = ExAllocatePool2(POOL_FLAG_NON_PAGED, 100, 'tluF');
        if (blocks[i] == NULL) {
            return STATUS_INSUFFICIENT_RESOURCES;
        }
    }
    return STATUS_SUCCESS;
}
