/* DriverEntry raises IRQL and never comes down. */
#include <ntddk.h>

static volatile LONG forever = 1;

NTSTATUS DriverEntry(PDRIVER_OBJECT driver, PUNICODE_STRING path)
{
    KIRQL irql;
    UNREFERENCED_PARAMETER(driver);
    UNREFERENCED_PARAMETER(path);
    KeRaiseIrql(DISPATCH_LEVEL, &irql);
    while (forever) {
    }
    KeLowerIrql(irql);
    return STATUS_SUCCESS;
}
