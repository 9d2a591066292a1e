/*
 * ntifs.h - accepted because drivers include it; of file systems there is next to nothing.
 */
#ifndef UNDIS_NTIFS_H
#define UNDIS_NTIFS_H

#define _NTIFS_INCLUDED_

#include "ntddk.h"

EXTERN_C_START

PDEVICE_OBJECT IoGetDeviceToVerify(PETHREAD Thread);
VOID IoSetDeviceToVerify(PETHREAD Thread, PDEVICE_OBJECT DeviceObject);

/* What a thread leaves to be in another process; opaque. */
typedef struct _KAPC_STATE {
    LIST_ENTRY ApcListHead[2];
    PKPROCESS Process;
    UCHAR Flags[8];
} KAPC_STATE, *PKAPC_STATE, *PRKAPC_STATE;

VOID KeStackAttachProcess(PRKPROCESS Process, PRKAPC_STATE ApcState);
VOID KeUnstackDetachProcess(PRKAPC_STATE ApcState);

EXTERN_C_END

#endif
