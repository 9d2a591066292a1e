/* Recurses until the kernel stack is used up. */
#include <ntddk.h>

static volatile ULONG depth = 100000000;

static __attribute__((noinline)) ULONG recurse(ULONG left)
{
    volatile UCHAR frame[512];
    frame[left % sizeof(frame)] = (UCHAR)left;
    ULONG below = left == 0 ? 0 : recurse(left - 1);
    return below + frame[left % sizeof(frame)];
}

NTSTATUS DriverEntry(PDRIVER_OBJECT driver, PUNICODE_STRING path)
{
    UNREFERENCED_PARAMETER(driver);
    UNREFERENCED_PARAMETER(path);
    return recurse(depth) == 1 ? STATUS_UNSUCCESSFUL : STATUS_SUCCESS;
}
