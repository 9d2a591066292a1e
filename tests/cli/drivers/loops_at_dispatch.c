/* A DPC that never returns. */
#include <ntddk.h>

static KDPC dpc;
static volatile LONG forever = 1;

static VOID never_ends(PKDPC object, PVOID context, PVOID argument1, PVOID argument2)
{
    UNREFERENCED_PARAMETER(object);
    UNREFERENCED_PARAMETER(context);
    UNREFERENCED_PARAMETER(argument1);
    UNREFERENCED_PARAMETER(argument2);
    while (forever) {
        YieldProcessor();
    }
}

NTSTATUS DriverEntry(PDRIVER_OBJECT driver, PUNICODE_STRING path)
{
    UNREFERENCED_PARAMETER(driver);
    UNREFERENCED_PARAMETER(path);
    KeInitializeDpc(&dpc, never_ends, NULL);
    KeInsertQueueDpc(&dpc, NULL, NULL);
    return STATUS_SUCCESS;
}
