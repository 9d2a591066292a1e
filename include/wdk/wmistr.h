/*
 * wmistr.h - structures that WMI requests carry.
 */
#ifndef UNDIS_WMISTR_H
#define UNDIS_WMISTR_H

#include "ntdef.h"

EXTERN_C_START

typedef struct _WNODE_HEADER {
    ULONG BufferSize;
    ULONG ProviderId;
    union {
        ULONG64 HistoricalContext;
        struct {
            ULONG Version;
            ULONG Linkage;
        };
    };
    union {
        HANDLE KernelHandle;
        LARGE_INTEGER TimeStamp;
    };
    GUID Guid;
    ULONG ClientContext;
    ULONG Flags;
} WNODE_HEADER, *PWNODE_HEADER;

EXTERN_C_END

#endif
