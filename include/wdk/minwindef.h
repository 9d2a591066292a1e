/*
 * minwindef.h - the old names of basic types; all are in ntdef.h.
 */
#ifndef UNDIS_MINWINDEF_H
#define UNDIS_MINWINDEF_H

#include "ntdef.h"

#endif
