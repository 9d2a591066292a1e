/*
 * unic.h - makes a "unic" network interface; its registers are in docs/unic.md.
 */
#ifndef UNDIS_DEV_UNIC_H
#define UNDIS_DEV_UNIC_H

#include "dev/device.h"
#include "dev/wire.h"

struct unic_options {
    struct wire *wire;  /* NULL: no cable */
    uint8_t address[6]; /* all zero: 02:00:00:00:00:01 */
    enum device_signalling signalling;
};

/*
 * A powered-up interface, to be given to device_attach.  device_detach destroys it.  NULL when memory is
 * short.  Allocates.
 */
struct device *unic_create(const struct unic_options *options);

#endif
