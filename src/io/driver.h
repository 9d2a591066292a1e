/*
 * driver.h - the driver object of a loaded image, from DriverEntry to DriverUnload.
 *
 * All at PASSIVE_LEVEL, on a processor.  The order is io_driver_create, io_driver_start, io_driver_unload
 * (when DriverEntry succeeded), io_driver_delete.
 */
#ifndef UNDIS_IO_DRIVER_H
#define UNDIS_IO_DRIVER_H

#include "ke/processor.h"

/*
 * Makes the driver object \Driver\NAME for the image in [base, end) and its registry path
 * \Registry\Machine\System\CurrentControlSet\Services\NAME, and reports EVENT_DRIVER_LOAD.  `name` is ASCII.
 * NULL when memory is short or the name is taken.
 */
PDRIVER_OBJECT io_driver_create(const char *name, const void *base, const void *end);

/* Calls entry, which is DriverEntry, and returns what it returns. */
NTSTATUS io_driver_start(PDRIVER_OBJECT driver, long (*entry)(void *driver_object, void *registry_path));

/* Calls DriverUnload; false when the driver has none and so could never be unloaded. */
bool io_driver_unload(PDRIVER_OBJECT driver);

/* The driver's life is over: what io_driver_delete reports, and its device objects go; the object stays. */
void io_driver_end(PDRIVER_OBJECT driver);

/*
 * Ends the driver object.  Its device objects that are left go with it.  Reports EVENT_OWNER_END (what the
 * driver has not freed leaked) and EVENT_DRIVER_UNLOAD.
 */
void io_driver_delete(PDRIVER_OBJECT driver);

/* The registry path that DriverEntry got; lives as long as the driver object. */
PUNICODE_STRING io_driver_registry_path(PDRIVER_OBJECT driver);

#endif
