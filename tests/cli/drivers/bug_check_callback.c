/* Bug checks with routines registered for that: they run at HIGH_LEVEL, and one more was taken back. */
#include <ntddk.h>

static KBUGCHECK_CALLBACK_RECORD Plain, TakenBack;
static KBUGCHECK_REASON_CALLBACK_RECORD Secondary;
static UCHAR Component[] = "bug_check_callback";
static UCHAR State[16];

static VOID Told(PVOID Buffer, ULONG Length)
{
    DbgPrint("told of the bug check at IRQL %u, %u bytes%s\n", KeGetCurrentIrql(), Length,
             Buffer == State ? "" : " of somebody else");
}

static VOID ToldBack(PVOID Buffer, ULONG Length)
{
    UNREFERENCED_PARAMETER(Buffer);
    UNREFERENCED_PARAMETER(Length);
    DbgPrint("told though it was taken back\n");
}

static VOID Dump(KBUGCHECK_CALLBACK_REASON Reason, PKBUGCHECK_REASON_CALLBACK_RECORD Record, PVOID Data,
                 ULONG Length)
{
    PKBUGCHECK_SECONDARY_DUMP_DATA data = Data;
    DbgPrint("reason %u, record %u, data %u, room %u\n", Reason, Record == &Secondary,
             Length == sizeof(*data), data->MaximumAllowed);
}

NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    UNREFERENCED_PARAMETER(DriverObject);
    UNREFERENCED_PARAMETER(RegistryPath);
    KeInitializeCallbackRecord(&Plain);
    KeInitializeCallbackRecord(&TakenBack);
    KeInitializeCallbackRecord(&Secondary);
    if (!KeRegisterBugCheckCallback(&Plain, Told, State, sizeof(State), Component) ||
        !KeRegisterBugCheckCallback(&TakenBack, ToldBack, NULL, 0, Component) ||
        !KeRegisterBugCheckReasonCallback(&Secondary, Dump, KbCallbackSecondaryDumpData, Component) ||
        !KeDeregisterBugCheckCallback(&TakenBack)) {
        return STATUS_UNSUCCESSFUL;
    }
    KeBugCheckEx(0xE2, 1, 2, 3, 4);
}
