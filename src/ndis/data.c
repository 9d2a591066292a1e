/*
 * data.c - moving the start of a NET_BUFFER's data, looking at it, copying it; MDLs.
 */
#include "ke/ddi.h"
#include "ke/fault.h"
#include "ndis/buffer.h"

void net_buffer_place(NET_BUFFER *buffer, MDL *chain, ULONG offset, SIZE_T length)
{
    MDL *current = chain;
    ULONG within = offset;
    while (current != NULL && within >= current->ByteCount && current->Next != NULL) {
        within -= current->ByteCount;
        current = current->Next;
    }
    NET_BUFFER_FIRST_MDL(buffer) = chain;
    NET_BUFFER_DATA_OFFSET(buffer) = offset;
    NET_BUFFER_DATA_LENGTH(buffer) = (ULONG)length;
    NET_BUFFER_CURRENT_MDL(buffer) = current;
    NET_BUFFER_CURRENT_MDL_OFFSET(buffer) = within;
}

MDL *mdl_allocate_for(void *address, ULONG length)
{
    void *memory = ke_allocate(mdl_size(address, length));
    return memory == NULL ? NULL : mdl_build(memory, address, length);
}

MDL *mdl_allocate_with_buffer(ULONG length)
{
    size_t head = sizeof(MDL) + sizeof(ULONG_PTR) * (length / PAGE_SIZE + 2);
    unsigned char *memory = ke_allocate(head + length);
    return memory == NULL ? NULL : mdl_build(memory, memory + head, length);
}

void mdl_free(MDL *mdl)
{
    ke_free(mdl);
}

void mdl_free_chain(MDL *first)
{
    while (first != NULL) {
        MDL *next = first->Next;
        mdl_free(first);
        first = next;
    }
}

/*
 * Describes `Length` bytes of non-paged memory with an MDL.  <= DISPATCH_LEVEL.  NULL when memory is short.
 * nf-ndis-ndisallocatemdl.
 */
PMDL NdisAllocateMdl(NDIS_HANDLE NdisHandle, PVOID VirtualAddress, ULONG Length)
{
    ddi_enter(NdisAllocateMdl);
    if (ddi_fails(NdisAllocateMdl)) {
        return NULL;
    }
    (void)NdisHandle;
    MDL *mdl = IoAllocateMdl(VirtualAddress, Length, FALSE, FALSE, NULL);
    if (mdl != NULL) {
        MmBuildMdlForNonPagedPool(mdl);
    }
    return mdl;
}

/* Frees an MDL of NdisAllocateMdl.  <= DISPATCH_LEVEL.  nf-ndis-ndisfreemdl. */
VOID NdisFreeMdl(PMDL Mdl)
{
    ddi_enter(NdisFreeMdl);
    IoFreeMdl(Mdl);
}

/*
 * Grows the data by DataOffsetDelta at the front, into unused space, or into a new MDL of the allocator's (or
 * NDIS's own) with DataBackFill bytes to spare.  <= DISPATCH_LEVEL.  NDIS_STATUS_RESOURCES when memory is
 * short. nf-ndis-ndisretreatnetbufferdatastart.
 */
NDIS_STATUS NdisRetreatNetBufferDataStart(PNET_BUFFER NetBuffer, ULONG DataOffsetDelta, ULONG DataBackFill,
                                          NET_BUFFER_ALLOCATE_MDL_HANDLER *AllocateMdlHandler)
{
    ddi_enter(NdisRetreatNetBufferDataStart);
    ULONG unused = NET_BUFFER_DATA_OFFSET(NetBuffer);
    ULONG length = NET_BUFFER_DATA_LENGTH(NetBuffer) + DataOffsetDelta;
    if (unused >= DataOffsetDelta) {
        net_buffer_place(NetBuffer, NET_BUFFER_FIRST_MDL(NetBuffer), unused - DataOffsetDelta, length);
        return NDIS_STATUS_SUCCESS;
    }
    if (ddi_fails(NdisRetreatNetBufferDataStart)) {
        return NDIS_STATUS_RESOURCES;
    }
    ULONG needed = DataOffsetDelta - unused + DataBackFill;
    ULONG size = needed;
    MDL *mdl = AllocateMdlHandler != NULL ? AllocateMdlHandler(&size) : mdl_allocate_with_buffer(needed);
    if (mdl == NULL) {
        return NDIS_STATUS_RESOURCES;
    }
    mdl->Next = NET_BUFFER_FIRST_MDL(NetBuffer);
    net_buffer_place(NetBuffer, mdl, mdl->ByteCount - (DataOffsetDelta - unused), length);
    return NDIS_STATUS_SUCCESS;
}

/*
 * Takes DataOffsetDelta bytes off the front of the data; with FreeMdl the MDLs that no longer hold data are
 * freed.
 * <= DISPATCH_LEVEL.  nf-ndis-ndisadvancenetbufferdatastart.
 */
VOID NdisAdvanceNetBufferDataStart(PNET_BUFFER NetBuffer, ULONG DataOffsetDelta, BOOLEAN FreeMdl,
                                   NET_BUFFER_FREE_MDL_HANDLER *FreeMdlHandler)
{
    ddi_enter(NdisAdvanceNetBufferDataStart);
    ULONG offset = NET_BUFFER_DATA_OFFSET(NetBuffer) + DataOffsetDelta;
    ULONG length = NET_BUFFER_DATA_LENGTH(NetBuffer) - DataOffsetDelta;
    MDL *first = NET_BUFFER_FIRST_MDL(NetBuffer);
    while (FreeMdl && first != NULL && first->Next != NULL && offset >= first->ByteCount) {
        MDL *gone = first;
        first = first->Next;
        offset -= gone->ByteCount;
        if (FreeMdlHandler != NULL) {
            FreeMdlHandler(gone);
        } else {
            mdl_free(gone);
        }
    }
    net_buffer_place(NetBuffer, first, offset, length);
}

/* Retreats every NET_BUFFER of the list, or none.  <= DISPATCH_LEVEL.
 * nf-ndis-ndisretreatnetbufferlistdatastart. */
NDIS_STATUS NdisRetreatNetBufferListDataStart(PNET_BUFFER_LIST NetBufferList, ULONG DataOffsetDelta,
                                              ULONG DataBackFill,
                                              NET_BUFFER_ALLOCATE_MDL_HANDLER *AllocateMdlHandler,
                                              NET_BUFFER_FREE_MDL_HANDLER *FreeMdlHandler)
{
    ddi_enter(NdisRetreatNetBufferListDataStart);
    if (NET_BUFFER_DATA_OFFSET(NetBufferList->FirstNetBuffer) < DataOffsetDelta &&
        ddi_fails(NdisRetreatNetBufferListDataStart)) {
        return NDIS_STATUS_RESOURCES;
    }
    for (NET_BUFFER *buffer = NetBufferList->FirstNetBuffer; buffer != NULL; buffer = buffer->Next) {
        NDIS_STATUS status =
            NdisRetreatNetBufferDataStart(buffer, DataOffsetDelta, DataBackFill, AllocateMdlHandler);
        if (status != NDIS_STATUS_SUCCESS) {
            for (NET_BUFFER *done = NetBufferList->FirstNetBuffer; done != buffer; done = done->Next) {
                NdisAdvanceNetBufferDataStart(done, DataOffsetDelta, TRUE, FreeMdlHandler);
            }
            return status;
        }
    }
    return NDIS_STATUS_SUCCESS;
}

/* Advances every NET_BUFFER of the list.  <= DISPATCH_LEVEL.  nf-ndis-ndisadvancenetbufferlistdatastart. */
VOID NdisAdvanceNetBufferListDataStart(PNET_BUFFER_LIST NetBufferList, ULONG DataOffsetDelta, BOOLEAN FreeMdl,
                                       NET_BUFFER_FREE_MDL_HANDLER *FreeMdlHandler)
{
    ddi_enter(NdisAdvanceNetBufferListDataStart);
    for (NET_BUFFER *buffer = NetBufferList->FirstNetBuffer; buffer != NULL; buffer = buffer->Next) {
        NdisAdvanceNetBufferDataStart(buffer, DataOffsetDelta, FreeMdl, FreeMdlHandler);
    }
}

/* Makes CurrentMdl and its offset fit DataOffset again.  <= DISPATCH_LEVEL.
 * nf-ndis-ndisadjustnetbuffercurrentmdl. */
VOID NdisAdjustNetBufferCurrentMdl(PNET_BUFFER NetBuffer)
{
    ddi_enter(NdisAdjustNetBufferCurrentMdl);
    net_buffer_place(NetBuffer, NET_BUFFER_FIRST_MDL(NetBuffer), NET_BUFFER_DATA_OFFSET(NetBuffer),
                     NET_BUFFER_DATA_LENGTH(NetBuffer));
}

/* A walk over the bytes of a NET_BUFFER. */
struct walk {
    MDL *mdl;
    ULONG offset; /* in mdl */
    ULONG left;   /* of the data */
};

static void walk_skip(struct walk *walk, ULONG count)
{
    walk->left -= count;
    walk->offset += count;
    while (walk->mdl != NULL && walk->offset >= walk->mdl->ByteCount) {
        walk->offset -= walk->mdl->ByteCount;
        walk->mdl = walk->mdl->Next;
    }
}

static struct walk walk_start(const NET_BUFFER *buffer, ULONG skip)
{
    struct walk walk = {.mdl = NET_BUFFER_CURRENT_MDL(buffer),
                        .offset = NET_BUFFER_CURRENT_MDL_OFFSET(buffer),
                        .left = NET_BUFFER_DATA_LENGTH(buffer)};
    walk_skip(&walk, skip > walk.left ? walk.left : skip);
    return walk;
}

/* The bytes that lie together here, at most `most`. */
static ULONG walk_piece(const struct walk *walk, ULONG most, unsigned char **at)
{
    if (walk->mdl == NULL || walk->left == 0) {
        return 0;
    }
    ULONG here = walk->mdl->ByteCount - walk->offset;
    here = here < walk->left ? here : walk->left;
    *at = (unsigned char *)mdl_address(walk->mdl) + walk->offset;
    return here < most ? here : most;
}

/*
 * A pointer to the first BytesNeeded bytes of data: where they lie when they are contiguous and aligned as
 * asked, else copied to Storage; NULL when Storage is needed and NULL, or the data is shorter.  <=
 * DISPATCH_LEVEL. nf-ndis-ndisgetdatabuffer.
 */
PVOID NdisGetDataBuffer(PNET_BUFFER NetBuffer, ULONG BytesNeeded, PVOID Storage, ULONG AlignMultiple,
                        ULONG AlignOffset)
{
    ddi_enter(NdisGetDataBuffer);
    if (ddi_fails(NdisGetDataBuffer)) {
        return NULL;
    }
    if (BytesNeeded == 0 || BytesNeeded > NET_BUFFER_DATA_LENGTH(NetBuffer)) {
        return NULL;
    }
    struct walk walk = walk_start(NetBuffer, 0);
    unsigned char *at = NULL;
    if (walk_piece(&walk, BytesNeeded, &at) == BytesNeeded &&
        (AlignMultiple < 2 || ((ULONG_PTR)at + AlignOffset) % AlignMultiple == 0)) {
        return at;
    }
    if (Storage == NULL) {
        return NULL;
    }
    ULONG done = 0;
    while (done < BytesNeeded) {
        ULONG piece = walk_piece(&walk, BytesNeeded - done, &at);
        if (piece == 0) {
            return NULL;
        }
        RtlCopyMemory((unsigned char *)Storage + done, at, piece);
        walk_skip(&walk, piece);
        done += piece;
    }
    return Storage;
}

/*
 * Copies at most BytesToCopy bytes between the data of two NET_BUFFERs; *BytesCopied says how many there
 * were.
 * <= DISPATCH_LEVEL.  nf-ndis-ndiscopyfromnetbuffertonetbuffer.
 */
NDIS_STATUS NdisCopyFromNetBufferToNetBuffer(PNET_BUFFER Destination, ULONG DestinationOffset,
                                             ULONG BytesToCopy, PNET_BUFFER Source, ULONG SourceOffset,
                                             PULONG BytesCopied)
{
    ddi_enter(NdisCopyFromNetBufferToNetBuffer);
    struct walk to = walk_start(Destination, DestinationOffset);
    struct walk from = walk_start(Source, SourceOffset);
    ULONG done = 0;
    while (done < BytesToCopy) {
        unsigned char *target = NULL, *origin = NULL;
        ULONG piece = walk_piece(&to, BytesToCopy - done, &target);
        piece = walk_piece(&from, piece, &origin);
        if (piece == 0) {
            break;
        }
        RtlCopyMemory(target, origin, piece);
        walk_skip(&to, piece);
        walk_skip(&from, piece);
        done += piece;
    }
    *BytesCopied = done;
    return NDIS_STATUS_SUCCESS;
}
