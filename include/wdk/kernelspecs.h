/*
 * kernelspecs.h - annotations for static analysers: empty here, see sal.h.
 */
#ifndef UNDIS_KERNELSPECS_H
#define UNDIS_KERNELSPECS_H

#include "sal.h"

#endif
