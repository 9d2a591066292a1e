/*
 * timer.c - a device's timer: its routine is called about once a second while the timer is started.
 */
#include "ex/pool.h"
#include "io/object.h"
#include "ke/ddi.h"
#include "ke/fault.h"

#define TIMER_TAG 0x6D695449u /* 'ITim' */
#define TIMER_PERIOD_MS 1000

struct _IO_TIMER {
    KTIMER timer;
    KDPC dpc;
    PDEVICE_OBJECT device;
    PIO_TIMER_ROUTINE routine;
    PVOID context;
};

/* The bracket around the driver's routine is the DPC's. */
static VOID NTAPI tick(PKDPC dpc, PVOID context, PVOID argument1, PVOID argument2)
{
    (void)dpc, (void)argument1, (void)argument2;
    struct _IO_TIMER *timer = context;
    timer->routine(timer->device, timer->context);
}

/* Gives the device a timer, not started; again: another routine.  PASSIVE_LEVEL.
 * STATUS_INSUFFICIENT_RESOURCES.  nf-wdm-ioinitializetimer. */
NTSTATUS NTAPI IoInitializeTimer(PDEVICE_OBJECT DeviceObject, PIO_TIMER_ROUTINE TimerRoutine, PVOID Context)
{
    ddi_enter(IoInitializeTimer);
    if (ddi_fails(IoInitializeTimer)) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    struct _IO_TIMER *timer = DeviceObject->Timer;
    if (timer == NULL) {
        timer = ex_pool_allocate(sizeof(*timer), TIMER_TAG, EX_POOL_ZERO, OBJECT_TIMER, &io_device_type);
        if (timer == NULL) {
            return STATUS_INSUFFICIENT_RESOURCES;
        }
        KeInitializeTimer(&timer->timer);
        KeInitializeDpc(&timer->dpc, tick, timer);
        timer->device = DeviceObject;
        DeviceObject->Timer = timer;
    }
    timer->routine = TimerRoutine;
    timer->context = Context;
    return STATUS_SUCCESS;
}

/* Starts it.  <= DISPATCH_LEVEL.  nf-wdm-iostarttimer. */
VOID NTAPI IoStartTimer(PDEVICE_OBJECT DeviceObject)
{
    ddi_enter(IoStartTimer);
    LARGE_INTEGER due = {.QuadPart = -(LONGLONG)TIMER_PERIOD_MS * 10000};
    KeSetTimerEx(&DeviceObject->Timer->timer, due, TIMER_PERIOD_MS, &DeviceObject->Timer->dpc);
}

/* Stops it; a routine that runs already goes on.  <= DISPATCH_LEVEL.  nf-wdm-iostoptimer. */
VOID NTAPI IoStopTimer(PDEVICE_OBJECT DeviceObject)
{
    ddi_enter(IoStopTimer);
    KeCancelTimer(&DeviceObject->Timer->timer);
    KeRemoveQueueDpc(&DeviceObject->Timer->dpc);
}

void io_timer_destroy(PDEVICE_OBJECT device)
{
    if (device->Timer != NULL) {
        IoStopTimer(device);
        if (KeGetCurrentIrql() == PASSIVE_LEVEL) {
            KeFlushQueuedDpcs(); /* its routine may run on another processor */
        }
        ex_pool_free(device->Timer, TIMER_TAG, OBJECT_TIMER);
        device->Timer = NULL;
    }
}
