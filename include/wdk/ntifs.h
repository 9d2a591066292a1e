/*
 * ntifs.h - accepted because drivers include it; nothing of file systems is here.
 */
#ifndef UNDIS_NTIFS_H
#define UNDIS_NTIFS_H

#define _NTIFS_INCLUDED_

#include "ntddk.h"

#endif
