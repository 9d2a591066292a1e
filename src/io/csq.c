/*
 * csq.c - cancel-safe queues: the driver's own queue of requests, with the races of cancelling solved here.
 *
 * While a request is queued its DriverContext[3] points to the queue, or to the context that the driver gave
 * with it. The driver's callbacks run where the driver called in, so they need no bracket.
 */
#include "ke/ddi.h"
#include "ke/run.h"
#include "ob/ob.h"

#define CSQ_TYPE 1
#define CSQ_TYPE_EX 3
#define CSQ_TYPE_CONTEXT 2

static PIO_CSQ queue_of(PIRP irp)
{
    PIO_CSQ_IRP_CONTEXT context = irp->Tail.Overlay.DriverContext[3];
    return context->Type == CSQ_TYPE_CONTEXT ? context->Csq : (PIO_CSQ)(void *)context;
}

/* Cuts the ties between a request and its queue. */
static void detach(PIRP irp)
{
    PIO_CSQ_IRP_CONTEXT context = irp->Tail.Overlay.DriverContext[3];
    if (context != NULL && context->Type == CSQ_TYPE_CONTEXT) {
        context->Irp = NULL;
    }
    irp->Tail.Overlay.DriverContext[3] = NULL;
}

/* The cancel routine of queued requests: holds the cancel spin lock at first. */
static VOID cancel_queued(PDEVICE_OBJECT device, PIRP irp)
{
    (void)device;
    KIRQL irql;
    PIO_CSQ queue = queue_of(irp);
    IoReleaseCancelSpinLock(irp->CancelIrql);
    queue->CsqAcquireLock(queue, &irql);
    queue->CsqRemoveIrp(queue, irp);
    detach(irp);
    queue->CsqReleaseLock(queue, irql);
    queue->CsqCompleteCanceledIrp(queue, irp);
}

static void initialize(PIO_CSQ queue, ULONG type, PIO_CSQ_REMOVE_IRP remove, PIO_CSQ_PEEK_NEXT_IRP peek,
                       PIO_CSQ_ACQUIRE_LOCK acquire, PIO_CSQ_RELEASE_LOCK release,
                       PIO_CSQ_COMPLETE_CANCELED_IRP complete)
{
    queue->Type = type;
    queue->CsqRemoveIrp = remove;
    queue->CsqPeekNextIrp = peek;
    queue->CsqAcquireLock = acquire;
    queue->CsqReleaseLock = release;
    queue->CsqCompleteCanceledIrp = complete;
    queue->ReservePointer = NULL;
}

/* Sets up the driver's dispatch table.  Any IRQL.  STATUS_SUCCESS.  nf-wdm-iocsqinitialize,
 * nf-wdm-iocsqinitializeex. */
NTSTATUS NTAPI IoCsqInitialize(PIO_CSQ Csq, PIO_CSQ_INSERT_IRP CsqInsertIrp, PIO_CSQ_REMOVE_IRP CsqRemoveIrp,
                               PIO_CSQ_PEEK_NEXT_IRP CsqPeekNextIrp, PIO_CSQ_ACQUIRE_LOCK CsqAcquireLock,
                               PIO_CSQ_RELEASE_LOCK CsqReleaseLock,
                               PIO_CSQ_COMPLETE_CANCELED_IRP CsqCompleteCanceledIrp)
{
    ddi_enter(IoCsqInitialize);
    initialize(Csq, CSQ_TYPE, CsqRemoveIrp, CsqPeekNextIrp, CsqAcquireLock, CsqReleaseLock,
               CsqCompleteCanceledIrp);
    Csq->CsqInsertIrp = CsqInsertIrp;
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI IoCsqInitializeEx(PIO_CSQ Csq, PIO_CSQ_INSERT_IRP_EX CsqInsertIrp,
                                 PIO_CSQ_REMOVE_IRP CsqRemoveIrp, PIO_CSQ_PEEK_NEXT_IRP CsqPeekNextIrp,
                                 PIO_CSQ_ACQUIRE_LOCK CsqAcquireLock, PIO_CSQ_RELEASE_LOCK CsqReleaseLock,
                                 PIO_CSQ_COMPLETE_CANCELED_IRP CsqCompleteCanceledIrp)
{
    ddi_enter(IoCsqInitializeEx);
    initialize(Csq, CSQ_TYPE_EX, CsqRemoveIrp, CsqPeekNextIrp, CsqAcquireLock, CsqReleaseLock,
               CsqCompleteCanceledIrp);
    Csq->CsqInsertIrp = (PIO_CSQ_INSERT_IRP)(void (*)(void))CsqInsertIrp;
    return STATUS_SUCCESS;
}

static NTSTATUS call_insert(PIO_CSQ queue, PIRP irp, PVOID insert_context)
{
    if (queue->Type == CSQ_TYPE_EX) {
        PIO_CSQ_INSERT_IRP_EX insert = (PIO_CSQ_INSERT_IRP_EX)(void (*)(void))queue->CsqInsertIrp;
        return insert(queue, irp, insert_context);
    }
    queue->CsqInsertIrp(queue, irp);
    return STATUS_SUCCESS;
}

/*
 * Queues a request and marks it pending.  <= DISPATCH_LEVEL.  One that is cancelled already is completed at
 * once.  Returns what the driver's insert routine returns; a failure leaves the request with the caller.
 * nf-wdm-iocsqinsertirpex.
 */
NTSTATUS NTAPI IoCsqInsertIrpEx(PIO_CSQ Csq, PIRP Irp, PIO_CSQ_IRP_CONTEXT Context, PVOID InsertContext)
{
    ddi_enter(IoCsqInsertIrpEx);
    KIRQL irql;
    Csq->CsqAcquireLock(Csq, &irql);
    if (Context != NULL) {
        Context->Type = CSQ_TYPE_CONTEXT;
        Context->Irp = Irp;
        Context->Csq = Csq;
        Irp->Tail.Overlay.DriverContext[3] = Context;
    } else {
        Irp->Tail.Overlay.DriverContext[3] = Csq;
    }
    NTSTATUS status = call_insert(Csq, Irp, InsertContext);
    if (!NT_SUCCESS(status)) {
        detach(Irp);
        Csq->CsqReleaseLock(Csq, irql);
        return status;
    }
    IoMarkIrpPending(Irp);
    IoSetCancelRoutine(Irp, cancel_queued);
    /* Cancelled before the routine was set: nobody else will call it, unless it has been taken just now. */
    if (Irp->Cancel && IoSetCancelRoutine(Irp, NULL) != NULL) {
        Csq->CsqRemoveIrp(Csq, Irp);
        detach(Irp);
        Csq->CsqReleaseLock(Csq, irql);
        Csq->CsqCompleteCanceledIrp(Csq, Irp);
        return status;
    }
    Csq->CsqReleaseLock(Csq, irql);
    return status;
}

VOID NTAPI IoCsqInsertIrp(PIO_CSQ Csq, PIRP Irp, PIO_CSQ_IRP_CONTEXT Context)
{
    ddi_enter(IoCsqInsertIrp);
    (void)IoCsqInsertIrpEx(Csq, Irp, Context, NULL);
}

/* The request that was queued with that context, or NULL when it is gone or being cancelled.  <=
 * DISPATCH_LEVEL. */
PIRP NTAPI IoCsqRemoveIrp(PIO_CSQ Csq, PIO_CSQ_IRP_CONTEXT Context)
{
    ddi_enter(IoCsqRemoveIrp);
    KIRQL irql;
    Csq->CsqAcquireLock(Csq, &irql);
    PIRP irp = Context->Irp;
    if (irp != NULL && IoSetCancelRoutine(irp, NULL) == NULL) {
        irp = NULL; /* its cancel routine runs and will complete it */
    }
    if (irp != NULL) {
        Csq->CsqRemoveIrp(Csq, irp);
        detach(irp);
    }
    Csq->CsqReleaseLock(Csq, irql);
    return irp;
}

/* The next matching request that is not being cancelled, or NULL.  <= DISPATCH_LEVEL.
 * nf-wdm-iocsqremovenextirp. */
PIRP NTAPI IoCsqRemoveNextIrp(PIO_CSQ Csq, PVOID PeekContext)
{
    ddi_enter(IoCsqRemoveNextIrp);
    KIRQL irql;
    Csq->CsqAcquireLock(Csq, &irql);
    PIRP irp = Csq->CsqPeekNextIrp(Csq, NULL, PeekContext);
    while (irp != NULL && IoSetCancelRoutine(irp, NULL) == NULL) {
        irp = Csq->CsqPeekNextIrp(Csq, irp, PeekContext);
    }
    if (irp != NULL) {
        Csq->CsqRemoveIrp(Csq, irp);
        detach(irp);
    }
    Csq->CsqReleaseLock(Csq, irql);
    return irp;
}
