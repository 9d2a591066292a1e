/*
 * register.h - mapped device windows, for the layers that make and end mappings.
 */
#ifndef UNDIS_MM_REGISTER_H
#define UNDIS_MM_REGISTER_H

#include "dev/device.h"

/*
 * Maps [pa, pa + length) of a device's window; NULL when no device decodes it or no mapping is left.  The
 * result is an address whose plain use faults.  Any IRQL.
 */
void *register_map(uint64_t pa, size_t length);

/* Ends the mapping that starts at va.  False when there is none of that length. */
bool register_unmap(void *va, size_t length);

/* The device has left the bus: what is still mapped of it reads as all ones. */
void register_device_gone(struct device *device);

#endif
