/* Overwrites its own frame and everything above it: return addresses, the callers' frames. */
#include <ntddk.h>

static volatile ULONG length = 4096; /* volatile: the compiler must not see through it */

static __attribute__((noinline)) ULONG fill(ULONG count)
{
    volatile UCHAR buffer[32];
    volatile UCHAR *p = buffer;
    for (ULONG i = 0; i < count; i++) {
        p[i] = 0xA5;
    }
    return buffer[7];
}

NTSTATUS DriverEntry(PDRIVER_OBJECT driver, PUNICODE_STRING path)
{
    UNREFERENCED_PARAMETER(driver);
    UNREFERENCED_PARAMETER(path);
    return fill(length) == 0 ? STATUS_UNSUCCESSFUL : STATUS_SUCCESS;
}
