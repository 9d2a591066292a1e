/*
 * image.h - the checks that a driver's file passes before the dynamic linker sees it.
 */
#ifndef UNDIS_SCENARIO_IMAGE_H
#define UNDIS_SCENARIO_IMAGE_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Checks the contents of a driver file: a complete ELF shared object for this machine that exports
 * DriverEntry and whose imports the process (or a library that it names itself) provides.  On failure
 * writes why, in words that follow the file's name.  `data` is only read.  A host thread that is no
 * processor.
 */
bool driver_image_check(char *data, size_t size, char *why, size_t why_size);

#endif
