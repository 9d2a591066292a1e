/*
 * minwindef.h - what the kernel's headers leave to this one; the other old names are in ntdef.h.
 */
#ifndef UNDIS_MINWINDEF_H
#define UNDIS_MINWINDEF_H

#include "ntdef.h"

typedef int BOOL, *PBOOL;

#endif
