/*
 * request.c - requests with buffers that somebody waits for: IoBuildDeviceIoControlRequest,
 * IoBuildSynchronousFsdRequest, and their end.
 */
#include "ex/pool.h"
#include "io/irp.h"
#include "io/object.h"
#include "ke/ddi.h"
#include "ke/fault.h"

#include <string.h>

#define BUFFER_TAG 0x66754249u /* 'IBuf' */

#define TRANSFER_METHOD(code) ((code)&3)
#define METHOD_IS_BUFFERED 0
#define METHOD_IS_NEITHER 3

/* IRP.Flags that matter at the end of a request. */
#define FLAG_BUFFERED_IO 0x10u
#define FLAG_FREE_BUFFER 0x20u
#define FLAG_COPY_BACK 0x40u
#define FLAG_SYNCHRONOUS 0x04u
#define FLAG_BUILT 0x80000000u /* ours: made by IoBuildXxx, to be freed at its end */

static void copy_back(PIRP irp)
{
    bool failed = NT_ERROR(irp->IoStatus.Status);
    if (irp->Flags & FLAG_COPY_BACK && irp->UserBuffer != NULL && !failed) {
        memcpy(irp->UserBuffer, irp->AssociatedIrp.SystemBuffer, irp->IoStatus.Information);
    }
    if (irp->Flags & FLAG_FREE_BUFFER) {
        ex_pool_free(irp->AssociatedIrp.SystemBuffer, BUFFER_TAG, OBJECT_POOL);
    }
}

void io_request_finish(PIRP irp)
{
    if (!(irp->Flags & FLAG_BUILT)) {
        return; /* a driver's own request that reached the top: the driver frees it */
    }
    if (irp->Flags & FLAG_BUFFERED_IO) {
        copy_back(irp);
    }
    while (irp->MdlAddress != NULL) {
        PMDL mdl = irp->MdlAddress;
        irp->MdlAddress = mdl->Next;
        if (mdl->MdlFlags & MDL_PAGES_LOCKED) {
            MmUnlockPages(mdl);
        }
        IoFreeMdl(mdl);
    }
    if (irp->UserIosb != NULL) {
        *irp->UserIosb = irp->IoStatus;
    }
    PKEVENT event = irp->UserEvent;
    IoFreeIrp(irp);
    if (event != NULL) {
        KeSetEvent(event, 0, FALSE);
    }
}

static bool attach_mdl(PIRP irp, void *buffer, ULONG length, LOCK_OPERATION operation)
{
    if (length == 0) {
        return true;
    }
    PMDL mdl = IoAllocateMdl(buffer, length, FALSE, FALSE, irp);
    if (mdl == NULL) {
        return false;
    }
    MmProbeAndLockPages(mdl, KernelMode, operation);
    return true;
}

/* Gives the request a system buffer of that size that starts with the input. */
static bool attach_buffer(PIRP irp, const void *input, ULONG input_length, ULONG length)
{
    if (length == 0) {
        return true;
    }
    void *buffer = ex_pool_allocate(length, BUFFER_TAG, EX_POOL_ZERO, OBJECT_POOL, &io_device_type);
    if (buffer == NULL) {
        return false;
    }
    if (input_length != 0) {
        memcpy(buffer, input, input_length);
    }
    irp->AssociatedIrp.SystemBuffer = buffer;
    irp->Flags |= FLAG_BUFFERED_IO | FLAG_FREE_BUFFER;
    return true;
}

/* A request for the device, complete but for its parameters. */
static PIRP start_request(PDEVICE_OBJECT device, UCHAR major, PKEVENT event, PIO_STATUS_BLOCK status)
{
    PIRP irp = IoAllocateIrp(device->StackSize, FALSE);
    if (irp != NULL) {
        irp->Flags = FLAG_BUILT | FLAG_SYNCHRONOUS;
        irp->UserEvent = event;
        irp->UserIosb = status;
        irp->RequestorMode = KernelMode;
        irp->Tail.Overlay.Thread = (PETHREAD)KeGetCurrentThread();
        IoGetNextIrpStackLocation(irp)->MajorFunction = major;
    }
    return irp;
}

/* Undoes a request that was not sent. */
static PIRP drop_request(PIRP irp)
{
    irp->UserEvent = NULL;
    irp->UserIosb = NULL;
    irp->Flags &= ~FLAG_COPY_BACK;
    io_request_finish(irp);
    return NULL;
}

/*
 * Makes a device control request whose buffers are passed as the code's transfer method says; *IoStatusBlock
 * and Event are set when it completes, and the I/O manager frees it.  PASSIVE_LEVEL.  NULL when memory is
 * short. nf-wdm-iobuilddeviceiocontrolrequest.
 */
PIRP NTAPI IoBuildDeviceIoControlRequest(ULONG IoControlCode, PDEVICE_OBJECT DeviceObject, PVOID InputBuffer,
                                         ULONG InputBufferLength, PVOID OutputBuffer,
                                         ULONG OutputBufferLength, BOOLEAN InternalDeviceIoControl,
                                         PKEVENT Event, PIO_STATUS_BLOCK IoStatusBlock)
{
    ddi_enter(IoBuildDeviceIoControlRequest);
    if (ddi_fails(IoBuildDeviceIoControlRequest)) {
        return NULL;
    }
    UCHAR major = InternalDeviceIoControl ? IRP_MJ_INTERNAL_DEVICE_CONTROL : IRP_MJ_DEVICE_CONTROL;
    PIRP irp = start_request(DeviceObject, major, Event, IoStatusBlock);
    if (irp == NULL) {
        return NULL;
    }
    PIO_STACK_LOCATION stack = IoGetNextIrpStackLocation(irp);
    stack->Parameters.DeviceIoControl.IoControlCode = IoControlCode;
    stack->Parameters.DeviceIoControl.InputBufferLength = InputBufferLength;
    stack->Parameters.DeviceIoControl.OutputBufferLength = OutputBufferLength;
    bool done = true;
    switch (TRANSFER_METHOD(IoControlCode)) {
    case METHOD_IS_BUFFERED: {
        ULONG length = InputBufferLength > OutputBufferLength ? InputBufferLength : OutputBufferLength;
        done = attach_buffer(irp, InputBuffer, InputBufferLength, length);
        irp->UserBuffer = OutputBuffer;
        irp->Flags |= OutputBuffer != NULL ? FLAG_COPY_BACK : 0;
        break;
    }
    case METHOD_IS_NEITHER:
        stack->Parameters.DeviceIoControl.Type3InputBuffer = InputBuffer;
        irp->UserBuffer = OutputBuffer;
        break;
    default: { /* METHOD_IN_DIRECT, METHOD_OUT_DIRECT */
        bool out = TRANSFER_METHOD(IoControlCode) == 2;
        done = attach_buffer(irp, InputBuffer, InputBufferLength, InputBufferLength) &&
               attach_mdl(irp, OutputBuffer, OutputBufferLength, out ? IoWriteAccess : IoReadAccess);
        break;
    }
    }
    return done ? irp : drop_request(irp);
}

/*
 * Makes a read, write, flush, shutdown or PnP request for the device, with the buffer passed as the device's
 * flags want it.  PASSIVE_LEVEL.  NULL when memory is short.  nf-wdm-iobuildsynchronousfsdrequest.
 */
PIRP NTAPI IoBuildSynchronousFsdRequest(ULONG MajorFunction, PDEVICE_OBJECT DeviceObject, PVOID Buffer,
                                        ULONG Length, PLARGE_INTEGER StartingOffset, PKEVENT Event,
                                        PIO_STATUS_BLOCK IoStatusBlock)
{
    ddi_enter(IoBuildSynchronousFsdRequest);
    if (ddi_fails(IoBuildSynchronousFsdRequest)) {
        return NULL;
    }
    PIRP irp = start_request(DeviceObject, (UCHAR)MajorFunction, Event, IoStatusBlock);
    if (irp == NULL || (MajorFunction != IRP_MJ_READ && MajorFunction != IRP_MJ_WRITE)) {
        return irp;
    }
    bool read = MajorFunction == IRP_MJ_READ, done = true;
    PIO_STACK_LOCATION stack = IoGetNextIrpStackLocation(irp);
    /* Read and Write have the same layout. */
    stack->Parameters.Read.Length = Length;
    stack->Parameters.Read.ByteOffset.QuadPart = StartingOffset != NULL ? StartingOffset->QuadPart : 0;
    if (DeviceObject->Flags & DO_BUFFERED_IO) {
        done = attach_buffer(irp, Buffer, read ? 0 : Length, Length);
        irp->UserBuffer = Buffer;
        irp->Flags |= read ? FLAG_COPY_BACK : 0;
    } else if (DeviceObject->Flags & DO_DIRECT_IO) {
        done = attach_mdl(irp, Buffer, Length, read ? IoWriteAccess : IoReadAccess);
    } else {
        irp->UserBuffer = Buffer;
    }
    return done ? irp : drop_request(irp);
}
