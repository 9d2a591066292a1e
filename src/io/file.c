/*
 * file.c - file objects: a device opened by name and used from outside its driver.
 */
#include "ex/pool.h"
#include "io/irp.h"
#include "io/object.h"
#include "ke/ddi.h"

#define FILE_TAG 0x656C6946u /* 'File' */

static void destroy_file(void *object)
{
    PFILE_OBJECT file = object;
    ob_dereference(file->DeviceObject);
    ex_pool_free(file, FILE_TAG, OBJECT_HANDLE);
}

struct _OBJECT_TYPE io_file_type = {"File", destroy_file};
static struct _OBJECT_TYPE *file_type = &io_file_type;
POBJECT_TYPE *IoFileObjectType = &file_type;

/* Sends a request that was made for the file's device and waits for its end. */
static NTSTATUS send_and_wait(PFILE_OBJECT file, PDEVICE_OBJECT device, PIRP irp, PKEVENT event,
                              PIO_STATUS_BLOCK result)
{
    IoGetNextIrpStackLocation(irp)->FileObject = file;
    irp->Tail.Overlay.OriginalFileObject = file;
    NTSTATUS status = IofCallDriver(device, irp);
    if (status == STATUS_PENDING) {
        KeWaitForSingleObject(event, Executive, KernelMode, FALSE, NULL);
        status = result->Status;
    }
    return status;
}

/* Sends a request without buffers (create, cleanup, close). */
static NTSTATUS send_plain(PFILE_OBJECT file, UCHAR major)
{
    KEVENT event;
    IO_STATUS_BLOCK result = {0};
    PDEVICE_OBJECT device = io_device_top(file->DeviceObject);
    KeInitializeEvent(&event, NotificationEvent, FALSE);
    PIRP irp = IoBuildSynchronousFsdRequest(major, device, NULL, 0, NULL, &event, &result);
    if (irp == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    return send_and_wait(file, device, irp, &event, &result);
}

static PFILE_OBJECT make_file(PDEVICE_OBJECT device)
{
    PFILE_OBJECT file = ex_pool_allocate(sizeof(*file), FILE_TAG, EX_POOL_ZERO, OBJECT_HANDLE, &io_file_type);
    if (file == NULL) {
        return NULL;
    }
    file->Type = IO_OBJECT_FILE;
    file->Size = sizeof(*file);
    file->DeviceObject = device;
    file->Flags = 2; /* FO_SYNCHRONOUS_IO */
    if (!ob_insert(file, &io_file_type)) {
        ex_pool_free(file, FILE_TAG, OBJECT_HANDLE);
        return NULL;
    }
    return file;
}

NTSTATUS io_file_open(PCUNICODE_STRING name, PFILE_OBJECT *file)
{
    *file = NULL;
    PDEVICE_OBJECT device = ob_name_reference(name);
    if (device == NULL) {
        return STATUS_OBJECT_NAME_NOT_FOUND;
    }
    if (ob_type_of(device) != &io_device_type || device->Flags & DO_DEVICE_INITIALIZING) {
        NTSTATUS status =
            ob_type_of(device) != &io_device_type ? STATUS_OBJECT_TYPE_MISMATCH : STATUS_NO_SUCH_DEVICE;
        ob_dereference(device);
        return status;
    }
    PFILE_OBJECT opened = make_file(device);
    if (opened == NULL) {
        ob_dereference(device);
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    NTSTATUS status = send_plain(opened, IRP_MJ_CREATE);
    if (!NT_SUCCESS(status)) {
        ob_dereference(opened);
        return status;
    }
    *file = opened;
    return status;
}

void io_file_close(PFILE_OBJECT file)
{
    (void)send_plain(file, IRP_MJ_CLEANUP);
    (void)send_plain(file, IRP_MJ_CLOSE);
    ob_dereference(file);
}

NTSTATUS io_file_control(PFILE_OBJECT file, ULONG code, const void *input, ULONG input_length, void *output,
                         ULONG output_length, ULONG_PTR *information)
{
    KEVENT event;
    IO_STATUS_BLOCK result = {0};
    PDEVICE_OBJECT device = io_device_top(file->DeviceObject);
    KeInitializeEvent(&event, NotificationEvent, FALSE);
    PIRP irp = IoBuildDeviceIoControlRequest(code, device, (PVOID)(uintptr_t)input, input_length, output,
                                             output_length, FALSE, &event, &result);
    if (irp == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    NTSTATUS status = send_and_wait(file, device, irp, &event, &result);
    *information = result.Information;
    return status;
}

static NTSTATUS transfer(PFILE_OBJECT file, UCHAR major, void *buffer, ULONG length, ULONG_PTR *information)
{
    KEVENT event;
    IO_STATUS_BLOCK result = {0};
    PDEVICE_OBJECT device = io_device_top(file->DeviceObject);
    KeInitializeEvent(&event, NotificationEvent, FALSE);
    PIRP irp = IoBuildSynchronousFsdRequest(major, device, buffer, length, NULL, &event, &result);
    if (irp == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    NTSTATUS status = send_and_wait(file, device, irp, &event, &result);
    *information = result.Information;
    return status;
}

NTSTATUS io_file_read(PFILE_OBJECT file, void *buffer, ULONG length, ULONG_PTR *information)
{
    return transfer(file, IRP_MJ_READ, buffer, length, information);
}

NTSTATUS io_file_write(PFILE_OBJECT file, const void *buffer, ULONG length, ULONG_PTR *information)
{
    return transfer(file, IRP_MJ_WRITE, (void *)(uintptr_t)buffer, length, information);
}

/* The device that a file was opened on, at the top of its stack.  <= DISPATCH_LEVEL.
 * nf-wdm-iogetrelateddeviceobject. */
PDEVICE_OBJECT NTAPI IoGetRelatedDeviceObject(PFILE_OBJECT FileObject)
{
    ddi_enter(IoGetRelatedDeviceObject);
    return io_device_top(FileObject->DeviceObject);
}

/*
 * Opens a device by name: its file object, with a reference for the caller, and the top of its stack.
 * PASSIVE_LEVEL.  STATUS_OBJECT_NAME_NOT_FOUND and peers, or what IRP_MJ_CREATE ends with.  The device is
 * told of the handle's end (IRP_MJ_CLEANUP) at once, of the last reference's (IRP_MJ_CLOSE) too, since nobody
 * else does. nf-wdm-iogetdeviceobjectpointer.
 */
NTSTATUS NTAPI IoGetDeviceObjectPointer(PUNICODE_STRING ObjectName, ACCESS_MASK DesiredAccess,
                                        PFILE_OBJECT *FileObject, PDEVICE_OBJECT *DeviceObject)
{
    ddi_enter(IoGetDeviceObjectPointer);
    (void)DesiredAccess;
    NTSTATUS status = io_file_open(ObjectName, FileObject);
    if (NT_SUCCESS(status)) {
        *DeviceObject = IoGetRelatedDeviceObject(*FileObject);
        (void)send_plain(*FileObject, IRP_MJ_CLEANUP);
    }
    return status;
}
