/*
 * entry.c - the other half of conflict.c's driver.
 */
#include <ntddk.h>

#ifdef CONFLICT_SEEN
#error "the forced header is meant for conflict.c only"
#endif
ULONG Value(ULONG x);

NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    UNREFERENCED_PARAMETER(DriverObject);
    UNREFERENCED_PARAMETER(RegistryPath);
    return Value(1) == 2 ? STATUS_SUCCESS : STATUS_UNSUCCESSFUL;
}
