/*
 * verify.c - the device whose medium a thread is to verify.  Of file systems; here it is only kept.
 */
#include "ke/ddi.h"
#include "ke/thread.h"

#include <ntifs.h>

/* That device, or NULL.  <= DISPATCH_LEVEL.  nf-ntifs-iogetdevicetoverify. */
PDEVICE_OBJECT NTAPI IoGetDeviceToVerify(PETHREAD Thread)
{
    ddi_enter(IoGetDeviceToVerify);
    return ((struct _KTHREAD *)Thread)->device_to_verify;
}

/* <= DISPATCH_LEVEL.  nf-ntifs-iosetdevicetoverify. */
VOID NTAPI IoSetDeviceToVerify(PETHREAD Thread, PDEVICE_OBJECT DeviceObject)
{
    ddi_enter(IoSetDeviceToVerify);
    ((struct _KTHREAD *)Thread)->device_to_verify = DeviceObject;
}
