/*
 * clone.c - NET_BUFFER_LISTs that describe the data of another, and the out-of-band information between them.
 */
#include "ke/ddi.h"
#include "ke/fault.h"
#include "ndis/buffer.h"

/* New MDLs for the data of a NET_BUFFER: same bytes, no unused space. */
static MDL *clone_chain(const NET_BUFFER *original)
{
    MDL *head = NULL, **link = &head;
    ULONG left = NET_BUFFER_DATA_LENGTH(original), offset = NET_BUFFER_CURRENT_MDL_OFFSET(original);
    for (MDL *mdl = NET_BUFFER_CURRENT_MDL(original); mdl != NULL && left != 0; mdl = mdl->Next) {
        ULONG here = mdl->ByteCount - offset < left ? mdl->ByteCount - offset : left;
        if (here != 0) {
            *link = mdl_allocate_for((unsigned char *)mdl_address(mdl) + offset, here);
            if (*link == NULL) {
                break;
            }
            link = &(*link)->Next;
        }
        left -= here;
        offset = 0;
    }
    if (left == 0) {
        return head;
    }
    mdl_free_chain(head);
    return NULL;
}

static NET_BUFFER *clone_buffer(const NET_BUFFER *original, NDIS_HANDLE pool, ULONG flags)
{
    bool share = (flags & NDIS_CLONE_FLAGS_USE_ORIGINAL_MDLS) != 0;
    ULONG length = NET_BUFFER_DATA_LENGTH(original);
    MDL *chain = share ? NET_BUFFER_FIRST_MDL(original) : clone_chain(original);
    if (chain == NULL && length != 0) {
        return NULL;
    }
    NET_BUFFER *buffer =
        NdisAllocateNetBuffer(pool, chain, share ? NET_BUFFER_DATA_OFFSET(original) : 0, length);
    if (buffer == NULL && !share) {
        mdl_free_chain(chain);
    }
    return buffer;
}

static void free_clone_buffers(NET_BUFFER_LIST *clone, ULONG flags)
{
    NET_BUFFER *buffer = clone->FirstNetBuffer;
    while (buffer != NULL) {
        NET_BUFFER *next = buffer->Next;
        if ((flags & NDIS_CLONE_FLAGS_USE_ORIGINAL_MDLS) == 0) {
            mdl_free_chain(NET_BUFFER_FIRST_MDL(buffer));
        }
        NdisFreeNetBuffer(buffer);
        buffer = next;
    }
    clone->FirstNetBuffer = NULL;
}

/*
 * Makes a list whose NET_BUFFERs describe the same bytes, with MDLs of its own or, with
 * NDIS_CLONE_FLAGS_USE_ORIGINAL_MDLS, the original's.  ParentNetBufferList is left to the caller.  Both pools
 * must be given.  <= DISPATCH_LEVEL.  NULL when memory is short.  nf-ndis-ndisallocateclonenetbufferlist.
 */
PNET_BUFFER_LIST NdisAllocateCloneNetBufferList(PNET_BUFFER_LIST OriginalNetBufferList,
                                                NDIS_HANDLE NetBufferListPoolHandle,
                                                NDIS_HANDLE NetBufferPoolHandle, ULONG AllocateCloneFlags)
{
    ddi_enter(NdisAllocateCloneNetBufferList);
    if (ddi_fails(NdisAllocateCloneNetBufferList)) {
        return NULL;
    }
    NET_BUFFER_LIST *clone = NdisAllocateNetBufferList(NetBufferListPoolHandle, 0, 0);
    if (clone == NULL) {
        return NULL;
    }
    NET_BUFFER **link = &clone->FirstNetBuffer;
    for (NET_BUFFER *buffer = OriginalNetBufferList->FirstNetBuffer; buffer != NULL; buffer = buffer->Next) {
        *link = clone_buffer(buffer, NetBufferPoolHandle, AllocateCloneFlags);
        if (*link == NULL) {
            free_clone_buffers(clone, AllocateCloneFlags);
            NdisFreeNetBufferList(clone);
            return NULL;
        }
        link = &(*link)->Next;
    }
    return clone;
}

/* Frees a clone and what was allocated for it.  <= DISPATCH_LEVEL.  nf-ndis-ndisfreeclonenetbufferlist. */
VOID NdisFreeCloneNetBufferList(PNET_BUFFER_LIST CloneNetBufferList, ULONG FreeCloneFlags)
{
    ddi_enter(NdisFreeCloneNetBufferList);
    free_clone_buffers(CloneNetBufferList, FreeCloneFlags);
    NdisFreeNetBufferList(CloneNetBufferList);
}

static void copy_information(NET_BUFFER_LIST *to, const NET_BUFFER_LIST *from)
{
    RtlCopyMemory(to->NetBufferListInfo, from->NetBufferListInfo, sizeof to->NetBufferListInfo);
}

/* Copies the out-of-band information of a send.  <= DISPATCH_LEVEL.  nf-ndis-ndiscopysendnetbufferlistinfo.
 */
NDIS_STATUS NdisCopySendNetBufferListInfo(PNET_BUFFER_LIST DestNetBufferList,
                                          PNET_BUFFER_LIST SrcNetBufferList)
{
    ddi_enter(NdisCopySendNetBufferListInfo);
    copy_information(DestNetBufferList, SrcNetBufferList);
    return NDIS_STATUS_SUCCESS;
}

/* Copies the out-of-band information of a receive.  <= DISPATCH_LEVEL.
 * nf-ndis-ndiscopyreceivenetbufferlistinfo. */
NDIS_STATUS NdisCopyReceiveNetBufferListInfo(PNET_BUFFER_LIST DestNetBufferList,
                                             PNET_BUFFER_LIST SrcNetBufferList)
{
    ddi_enter(NdisCopyReceiveNetBufferListInfo);
    copy_information(DestNetBufferList, SrcNetBufferList);
    return NDIS_STATUS_SUCCESS;
}
