/*
 * errorlog.c - error log entries: each becomes a line of debug output.
 */
#include "ex/pool.h"
#include "io/object.h"
#include "ke/ddi.h"
#include "ke/fault.h"

#define LOG_TAG 0x4C727245u /* 'ErrL' */

/* An entry of that many bytes, zeroed; NULL when memory is short or the size is impossible.  <=
 * DISPATCH_LEVEL. nf-wdm-ioallocateerrorlogentry. */
PVOID NTAPI IoAllocateErrorLogEntry(PVOID IoObject, UCHAR EntrySize)
{
    ddi_enter(IoAllocateErrorLogEntry);
    if (ddi_fails(IoAllocateErrorLogEntry)) {
        return NULL;
    }
    if (IoObject == NULL || EntrySize < sizeof(IO_ERROR_LOG_PACKET) || EntrySize > ERROR_LOG_MAXIMUM_SIZE) {
        return NULL;
    }
    return ex_pool_allocate(EntrySize, LOG_TAG, EX_POOL_ZERO, OBJECT_POOL, NULL);
}

/* Gives back an entry that was not written.  <= DISPATCH_LEVEL.  nf-ntddk-iofreeerrorlogentry. */
VOID NTAPI IoFreeErrorLogEntry(PVOID ElEntry)
{
    ddi_enter(IoFreeErrorLogEntry);
    ex_pool_free(ElEntry, LOG_TAG, OBJECT_POOL);
}

/* Writes and frees it.  <= DISPATCH_LEVEL.  nf-wdm-iowriteerrorlogentry. */
VOID NTAPI IoWriteErrorLogEntry(PVOID ElEntry)
{
    ddi_enter(IoWriteErrorLogEntry);
    const IO_ERROR_LOG_PACKET *packet = ElEntry;
    DbgPrint("error log: 0x%08lX, unique value 0x%lX, final status 0x%08lX, %u bytes of data (0x%08lX)\n",
             packet->ErrorCode, packet->UniqueErrorValue, packet->FinalStatus, packet->DumpDataSize,
             packet->DumpDataSize >= sizeof(ULONG) ? packet->DumpData[0] : 0);
    ex_pool_free(ElEntry, LOG_TAG, OBJECT_POOL);
}
