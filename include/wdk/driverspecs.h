/*
 * driverspecs.h - annotations for static analysers: empty here, see sal.h.
 */
#ifndef UNDIS_DRIVERSPECS_H
#define UNDIS_DRIVERSPECS_H

#include "sal.h"

#endif
