/* Calls what no undis exports, from two places of the DDI that do not exist. */
#include <ntddk.h>

VOID KeDoWhatNobodyCan(VOID);
NTSTATUS ZwAskForTheMoon(ULONG Distance);
VOID KeNeitherCanThis(VOID);

NTSTATUS DriverEntry(PDRIVER_OBJECT driver, PUNICODE_STRING path)
{
    UNREFERENCED_PARAMETER(driver);
    UNREFERENCED_PARAMETER(path);
    KeDoWhatNobodyCan();
    KeNeitherCanThis();
    return ZwAskForTheMoon(384400);
}
