/*
 * no_sal2.h - annotations for static analysers: empty here, see sal.h.
 */
#ifndef UNDIS_NO_SAL2_H
#define UNDIS_NO_SAL2_H

#include "sal.h"

#endif
