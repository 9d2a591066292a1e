/*
 * suppress.h - annotations for static analysers: empty here, see sal.h.
 */
#ifndef UNDIS_SUPPRESS_H
#define UNDIS_SUPPRESS_H

#include "sal.h"

#endif
