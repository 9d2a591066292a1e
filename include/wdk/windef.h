/*
 * windef.h - the old names of basic types, as in minwindef.h.
 */
#ifndef UNDIS_WINDEF_H
#define UNDIS_WINDEF_H

#include "minwindef.h"

#endif
