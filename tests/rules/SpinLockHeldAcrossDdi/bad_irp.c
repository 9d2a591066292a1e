/*
 * Completes a request under its lock.
 * Contexts: entry thread dpc.
 */
#include "../contexts.h"

static KSPIN_LOCK Lock;

static IO_COMPLETION_ROUTINE Done;
static NTSTATUS Done(PDEVICE_OBJECT DeviceObject, PIRP Irp, PVOID Context)
{
    UNREFERENCED_PARAMETER(DeviceObject);
    UNREFERENCED_PARAMETER(Irp);
    UNREFERENCED_PARAMETER(Context);
    return STATUS_MORE_PROCESSING_REQUIRED;
}

static VOID body(VOID)
{
    KIRQL irql;
    PIRP irp = IoAllocateIrp(2, FALSE);
    if (irp == NULL) {
        return;
    }
    IoSetNextIrpStackLocation(irp);
    IoSetCompletionRoutine(irp, Done, NULL, TRUE, TRUE, TRUE);
    IoSetNextIrpStackLocation(irp);
    KeAcquireSpinLock(&Lock, &irql);
    irp->IoStatus.Status = STATUS_SUCCESS;
    irp->IoStatus.Information = 0;
    IofCompleteRequest(irp, IO_NO_INCREMENT);
    KeReleaseSpinLock(&Lock, irql);
    IoFreeIrp(irp);
}
