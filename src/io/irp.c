/*
 * irp.c - I/O request packets: allocation, IofCallDriver, IofCompleteRequest, cancelling.
 *
 * Completion is finished where it happens: there are no APCs, so a request that IoBuildXxx made is written
 * back and freed in the last IofCompleteRequest, at the IRQL of that.
 */
#include "io/irp.h"
#include "ex/pool.h"
#include "io/object.h"
#include "ke/ddi.h"
#include "ke/fault.h"
#include "ke/run.h"

#include <string.h>

#define IRP_TAG 0x20707249u /* 'Irp ' */

/* Where SL_INVOKE_ON_XXX lies in IO_STACK_LOCATION.Control, and what a routine's answer says. */
static bool wants_routine(const IO_STACK_LOCATION *stack, const IRP *irp)
{
    if (stack->CompletionRoutine == NULL) {
        return false;
    }
    return (NT_SUCCESS(irp->IoStatus.Status) && stack->Control & SL_INVOKE_ON_SUCCESS) ||
           (!NT_SUCCESS(irp->IoStatus.Status) && stack->Control & SL_INVOKE_ON_ERROR) ||
           (irp->Cancel && stack->Control & SL_INVOKE_ON_CANCEL);
}

NTSTATUS io_call_dispatch(PDRIVER_DISPATCH routine, PDEVICE_OBJECT device, PIRP irp)
{
    struct callback_frame frame;
    callback_enter(&frame, CALLBACK_DISPATCH, "dispatch routine", (const void *)(uintptr_t)routine);
    NTSTATUS status = routine(device, irp);
    callback_leave(&frame);
    return status;
}

static NTSTATUS call_completion(PIO_COMPLETION_ROUTINE routine, PDEVICE_OBJECT device, PIRP irp,
                                PVOID context)
{
    struct callback_frame frame;
    callback_enter(&frame, CALLBACK_DISPATCH, "completion routine", (const void *)(uintptr_t)routine);
    NTSTATUS status = routine(device, irp, context);
    callback_leave(&frame);
    return status;
}

/* Makes a request of the driver's own storage ready for use.  <= DISPATCH_LEVEL.  nf-wdm-ioinitializeirp. */
VOID NTAPI IoInitializeIrp(PIRP Irp, USHORT PacketSize, CCHAR StackSize)
{
    ddi_enter(IoInitializeIrp);
    memset(Irp, 0, PacketSize);
    Irp->Type = IO_OBJECT_IRP;
    Irp->Size = PacketSize;
    Irp->StackCount = StackSize;
    Irp->CurrentLocation = (CHAR)(StackSize + 1);
    Irp->Tail.Overlay.CurrentStackLocation = (PIO_STACK_LOCATION)(Irp + 1) + StackSize;
    InitializeListHead(&Irp->ThreadListEntry);
}

/* Makes a request; NULL when memory is short.  <= DISPATCH_LEVEL.  nf-wdm-ioallocateirp. */
PIRP NTAPI IoAllocateIrp(CCHAR StackSize, BOOLEAN ChargeQuota)
{
    ddi_enter(IoAllocateIrp);
    if (ddi_fails(IoAllocateIrp)) {
        return NULL;
    }
    (void)ChargeQuota;
    USHORT size = IoSizeOfIrp(StackSize);
    PIRP irp = ex_pool_allocate(size, IRP_TAG, EX_POOL_ZERO, OBJECT_POOL, NULL);
    if (irp != NULL) {
        IoInitializeIrp(irp, size, StackSize);
    }
    return irp;
}

/* Frees a request of IoAllocateIrp.  <= DISPATCH_LEVEL.  nf-wdm-iofreeirp. */
VOID NTAPI IoFreeIrp(PIRP Irp)
{
    ddi_enter(IoFreeIrp);
    ex_pool_free(Irp, IRP_TAG, OBJECT_POOL);
}

/* Makes a request of IoAllocateIrp ready to be sent again, with that status.  <= DISPATCH_LEVEL.
 * nf-wdm-ioreuseirp. */
VOID NTAPI IoReuseIrp(PIRP Irp, NTSTATUS Iostatus)
{
    ddi_enter(IoReuseIrp);
    UCHAR flags = Irp->AllocationFlags;
    IoInitializeIrp(Irp, Irp->Size, Irp->StackCount);
    Irp->AllocationFlags = flags;
    Irp->IoStatus.Status = Iostatus;
}

/*
 * Passes the request to the device's driver with the next stack location and returns what its dispatch
 * routine returns.  <= DISPATCH_LEVEL.  No stack location left: bug check 0x35.  nf-wdm-iofcalldriver.
 */
NTSTATUS FASTCALL IofCallDriver(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    ddi_enter(IofCallDriver);
    Irp->CurrentLocation--;
    if (Irp->CurrentLocation <= 0) {
        ke_bugcheck(0x35, (ULONG_PTR)Irp, 0, 0, 0);
    }
    PIO_STACK_LOCATION stack = --Irp->Tail.Overlay.CurrentStackLocation;
    stack->DeviceObject = DeviceObject;
    PDRIVER_DISPATCH routine = DeviceObject->DriverObject->MajorFunction[stack->MajorFunction];
    return io_call_dispatch(routine, DeviceObject, Irp);
}

static void clear_for_reuse(PIO_STACK_LOCATION stack)
{
    stack->MinorFunction = 0;
    stack->Flags = 0;
    stack->Control = 0;
    memset(&stack->Parameters, 0, sizeof(stack->Parameters));
    stack->FileObject = NULL;
}

/* Steps up one location and calls the routine that was set there; true when that takes the request over. */
static bool complete_one(PIRP irp)
{
    PIO_STACK_LOCATION stack = irp->Tail.Overlay.CurrentStackLocation++;
    irp->CurrentLocation++;
    irp->PendingReturned = (stack->Control & SL_PENDING_RETURNED) != 0;
    bool top = irp->CurrentLocation > irp->StackCount;
    if (wants_routine(stack, irp)) {
        PIO_COMPLETION_ROUTINE routine = stack->CompletionRoutine;
        PVOID context = stack->Context;
        PDEVICE_OBJECT device = top ? NULL : irp->Tail.Overlay.CurrentStackLocation->DeviceObject;
        clear_for_reuse(stack);
        return call_completion(routine, device, irp, context) == STATUS_MORE_PROCESSING_REQUIRED;
    }
    if (irp->PendingReturned && !top) {
        irp->Tail.Overlay.CurrentStackLocation->Control |= SL_PENDING_RETURNED;
    }
    clear_for_reuse(stack);
    return false;
}

/*
 * Completes a request: calls the completion routines up the stack until one returns
 * STATUS_MORE_PROCESSING_REQUIRED.  <= DISPATCH_LEVEL.  A request that is complete already is bug check 0x44,
 * one with status -1 or with a cancel routine is 0x48.  nf-wdm-iocompleterequest.
 */
VOID FASTCALL IofCompleteRequest(PIRP Irp, CCHAR PriorityBoost)
{
    ddi_enter(IofCompleteRequest);
    event_calls_out("IofCompleteRequest");
    (void)PriorityBoost;
    if (Irp->Type != IO_OBJECT_IRP || Irp->CurrentLocation > Irp->StackCount + 1) {
        ke_bugcheck(0x44, (ULONG_PTR)Irp, 0, 0, 0);
    }
    if (Irp->CancelRoutine != NULL) {
        ke_bugcheck(0x48, (ULONG_PTR)Irp, 0, 0, 0);
    }
    while (Irp->CurrentLocation <= Irp->StackCount) {
        if (complete_one(Irp)) {
            return;
        }
    }
    Irp->CurrentLocation++; /* so that a second completion is noticed */
    io_request_finish(Irp);
}

/* ---- cancelling -------------------------------------------------------------------------------- */

static KSPIN_LOCK cancel_lock;

/* Takes the lock that guards Irp->CancelRoutine.  <= DISPATCH_LEVEL.  nf-wdm-ioacquirecancelspinlock. */
VOID NTAPI IoAcquireCancelSpinLock(PKIRQL Irql)
{
    ddi_enter(IoAcquireCancelSpinLock);
    *Irql = KeAcquireSpinLockRaiseToDpc(&cancel_lock);
}

/* Gives it back.  DISPATCH_LEVEL.  nf-wdm-ioreleasecancelspinlock. */
VOID NTAPI IoReleaseCancelSpinLock(KIRQL Irql)
{
    ddi_enter(IoReleaseCancelSpinLock);
    KeReleaseSpinLock(&cancel_lock, Irql);
}

/*
 * Marks the request cancelled and calls its cancel routine, if it has one, at DISPATCH_LEVEL with the cancel
 * spin lock held, which that releases to Irp->CancelIrql.  FALSE when there was none.  <= DISPATCH_LEVEL.
 * nf-wdm-iocancelirp.
 */
BOOLEAN NTAPI IoCancelIrp(PIRP Irp)
{
    ddi_enter(IoCancelIrp);
    KIRQL irql;
    IoAcquireCancelSpinLock(&irql);
    Irp->Cancel = TRUE;
    PDRIVER_CANCEL routine = __atomic_exchange_n(&Irp->CancelRoutine, NULL, __ATOMIC_SEQ_CST);
    if (routine == NULL) {
        IoReleaseCancelSpinLock(irql);
        return FALSE;
    }
    if (Irp->CurrentLocation > Irp->StackCount + 1) {
        ke_bugcheck(0x48, (ULONG_PTR)Irp, (ULONG_PTR)(void (*)(void))routine, 0, 0);
    }
    Irp->CancelIrql = irql;
    PDEVICE_OBJECT device = Irp->Tail.Overlay.CurrentStackLocation->DeviceObject;
    /* No bracket: the routine is called holding a lock and at an IRQL that it must not return with. */
    routine(device, Irp);
    return TRUE;
}
