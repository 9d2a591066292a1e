/*
 * driver.h - a driver object for tests that play the driver themselves.
 */
#ifndef UNDIS_TESTS_NT_DRIVER_H
#define UNDIS_TESTS_NT_DRIVER_H

#include "check.h"
#include "io/driver.h"

static char driver_image[16]; /* where the image would be */

/* A driver object; end it with io_driver_delete. */
__attribute__((unused)) static PDRIVER_OBJECT make_driver(const char *name)
{
    PDRIVER_OBJECT driver = io_driver_create(name, driver_image, driver_image + sizeof(driver_image));
    CHECK(driver != NULL);
    return driver;
}

#endif
