/*
 * object.h - what the files of io share: the objects behind DRIVER_OBJECT, DEVICE_OBJECT and FILE_OBJECT.
 */
#ifndef UNDIS_IO_OBJECT_H
#define UNDIS_IO_OBJECT_H

#include "ke/event.h"
#include "ob/ob.h"

/* What the Type field of each object says. */
#define IO_OBJECT_DEVICE 3
#define IO_OBJECT_DRIVER 4
#define IO_OBJECT_FILE 5
#define IO_OBJECT_IRP 6

/* The I/O manager's own part of a device; opaque to drivers. */
struct _DEVOBJ_EXTENSION {
    CSHORT Type;
    USHORT Size;
    PDEVICE_OBJECT DeviceObject;
};

extern struct _OBJECT_TYPE io_device_type, io_driver_type, io_file_type;

/* Calls a dispatch routine or completion routine inside its bracket. */
NTSTATUS io_call_dispatch(PDRIVER_DISPATCH routine, PDEVICE_OBJECT device, PIRP irp);

/* Stops the timer of IoInitializeTimer and frees it. */
void io_timer_destroy(PDEVICE_OBJECT device);

/* The device at the top of the stack that the device is in. */
PDEVICE_OBJECT io_device_top(PDEVICE_OBJECT device);

#endif
