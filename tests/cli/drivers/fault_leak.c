/* When its second allocation fails it forgets the first; its third is given back as it should be. */
#include <ntddk.h>

static PVOID blocks[3];

static VOID unload(PDRIVER_OBJECT driver)
{
    UNREFERENCED_PARAMETER(driver);
    for (int i = 0; i < 3; i++) {
        ExFreePoolWithTag(blocks[i], 'tluF');
    }
}

static PVOID take(SIZE_T bytes)
{
    return ExAllocatePool2(POOL_FLAG_NON_PAGED, bytes, 'tluF');
}

NTSTATUS DriverEntry(PDRIVER_OBJECT driver, PUNICODE_STRING path)
{
    UNREFERENCED_PARAMETER(path);
    driver->DriverUnload = unload;
    blocks[0] = take(100);
    if (blocks[0] == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    blocks[1] = take(200);
    if (blocks[1] == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES; /* blocks[0] */
    }
    blocks[2] = take(300);
    if (blocks[2] == NULL) {
        ExFreePoolWithTag(blocks[1], 'tluF');
        ExFreePoolWithTag(blocks[0], 'tluF');
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    return STATUS_SUCCESS;
}
