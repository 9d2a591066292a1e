/*
 * dontuse.h - annotations for static analysers: empty here, see sal.h.
 */
#ifndef UNDIS_DONTUSE_H
#define UNDIS_DONTUSE_H

#include "sal.h"

#endif
