/*
 * windef.h - the old names of basic types; all are in ntdef.h.
 */
#ifndef UNDIS_WINDEF_H
#define UNDIS_WINDEF_H

#include "ntdef.h"

#endif
