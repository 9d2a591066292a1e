/*
 * ntddk.h - the kernel interface for all drivers.  Here it is the same as wdm.h.
 */
#ifndef UNDIS_NTDDK_H
#define UNDIS_NTDDK_H

#define _NTDDK_

#include "wdm.h"

#endif
