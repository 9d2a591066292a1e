/*
 * interrupt.h - a miniport's registered interrupt, between interrupt.c and message.c.
 *
 * It has one source for the line, or one for each message that was granted; each source has one DPC for each
 * processor (MS-7).
 */
#ifndef UNDIS_NDIS_INTERRUPT_PRIVATE_H
#define UNDIS_NDIS_INTERRUPT_PRIVATE_H

#include "ndis/adapter.h"

struct interrupt_source;

struct interrupt_dpc {
    KDPC dpc;
    struct interrupt_source *source;
};

struct interrupt_source {
    struct ke_interrupt kernel;
    struct ndis_interrupt *interrupt;
    ULONG message;
    struct interrupt_dpc *dpcs; /* one for each processor */
};

struct ndis_interrupt {
    uint32_t signature;
    struct ndis_interrupt *next;
    struct ndis_adapter *adapter;
    NDIS_HANDLE context;
    NDIS_MINIPORT_INTERRUPT_CHARACTERISTICS handlers;
    IO_INTERRUPT_MESSAGE_INFO *table; /* NULL: the line */
    volatile LONG pending;            /* DPCs that are queued or run, and one for the registration */
    volatile BOOLEAN stopping;        /* the registration's own reference is gone, or about to go */
    volatile BOOLEAN stopped;
    KEVENT idle;
    unsigned processors;
    struct interrupt_dpc *dpcs;
    unsigned source_count;
    struct interrupt_source sources[];
};

/* Are messages what this registration gets?  MS-1, MS-2. */
static inline bool interrupt_gets_messages(const struct ndis_adapter *adapter,
                                           const NDIS_MINIPORT_INTERRUPT_CHARACTERISTICS *c)
{
    return c->MsiSupported && adapter->device != NULL && adapter->device->messages.granted != 0;
}

/* message.c: the table that the driver is shown, and the sources' connection; PASSIVE_LEVEL.  False: no
 * memory. */
bool interrupt_messages_describe(struct ndis_interrupt *interrupt);
void interrupt_messages_connect(struct ndis_interrupt *interrupt);

#endif
