/*
 * dma.c - scatter/gather DMA of NET_BUFFERs.
 *
 * A list describes the data of a NET_BUFFER, piece by physically contiguous piece, and lets the device reach
 * it until it is freed.  MiniportProcessSGList is called inside NdisMAllocateNetBufferSGList or later, from a
 * DPC; NDIS chooses.
 */
#include "ke/ddi.h"
#include "ke/fault.h"
#include "ndis/buffer.h"
#include "mm/dma.h"

struct ndis_dma {
    uint32_t signature;
    struct ndis_adapter *adapter;
    NDIS_SG_DMA_DESCRIPTION description;
    DEVICE_OBJECT device; /* what the handler gets as its pDO */
};

/* A list whose handler is called later. */
struct later {
    KDPC dpc;
    struct ndis_dma *dma;
    SCATTER_GATHER_LIST *list;
    void *context;
};

/* In SCATTER_GATHER_LIST.Reserved. */
enum { LIST_IS_DRIVERS = 1, LIST_IS_OURS = 2 };

#define LIST_SIZE(elements)                                                                                  \
    (FIELD_OFFSET(SCATTER_GATHER_LIST, Elements) + (elements) * sizeof(SCATTER_GATHER_ELEMENT))

static struct ndis_dma *dma_of(NDIS_HANDLE handle)
{
    struct ndis_dma *dma = handle;
    if (dma == NULL || dma->signature != NDIS_SIGNATURE_DMA) {
        ke_bugcheck(BUGCODE_NDIS_DRIVER, 0x21, 0, (ULONG_PTR)dma, 0);
    }
    return dma;
}

/*
 * Registers for scatter/gather DMA; from MiniportInitializeEx.  PASSIVE_LEVEL.  Writes ScatterGatherListSize,
 * enough for MaximumPhysicalMapping bytes.  NDIS_STATUS_RESOURCES.  nf-ndis-ndismregisterscattergatherdma.
 */
NDIS_STATUS NdisMRegisterScatterGatherDma(NDIS_HANDLE MiniportAdapterHandle,
                                          PNDIS_SG_DMA_DESCRIPTION DmaDescription,
                                          PNDIS_HANDLE NdisMiniportDmaHandle)
{
    ddi_enter(NdisMRegisterScatterGatherDma);
    if (ddi_fails(NdisMRegisterScatterGatherDma)) {
        return NDIS_STATUS_RESOURCES;
    }
    struct ndis_adapter *adapter = adapter_of(MiniportAdapterHandle);
    if (adapter == NULL || DmaDescription->ProcessSGListHandler == NULL) {
        return NDIS_STATUS_INVALID_PARAMETER;
    }
    struct ndis_dma *dma = ke_allocate(sizeof *dma);
    if (dma == NULL) {
        return NDIS_STATUS_RESOURCES;
    }
    dma->signature = NDIS_SIGNATURE_DMA;
    dma->adapter = adapter;
    DmaDescription->ScatterGatherListSize =
        (ULONG)LIST_SIZE(DmaDescription->MaximumPhysicalMapping / DMA_PAGE_SIZE + 2);
    dma->description = *DmaDescription;
    event_send(EVENT_OBJECT_CREATE, dma, OBJECT_HANDLE, sizeof *dma, 0, (uintptr_t)adapter);
    *NdisMiniportDmaHandle = dma;
    return NDIS_STATUS_SUCCESS;
}

/* Ends the registration.  PASSIVE_LEVEL.  nf-ndis-ndismderegisterscattergatherdma. */
VOID NdisMDeregisterScatterGatherDma(NDIS_HANDLE NdisMiniportDmaHandle)
{
    ddi_enter(NdisMDeregisterScatterGatherDma);
    struct ndis_dma *dma = dma_of(NdisMiniportDmaHandle);
    event_send(EVENT_OBJECT_DESTROY, dma, OBJECT_HANDLE, 0, 0, 0);
    dma->signature = NDIS_SIGNATURE_DEAD;
    ke_free(dma);
}

/*
 * Calls visit for each piece of the NET_BUFFER that one MDL holds; stops when it says false.  As documented,
 * the list begins at the beginning of the current MDL, CurrentMdlOffset bytes before the data.
 */
static bool each_piece(const NET_BUFFER *buffer, bool (*visit)(void *va, ULONG length, void *argument),
                       void *argument)
{
    ULONG left = NET_BUFFER_DATA_LENGTH(buffer) + NET_BUFFER_CURRENT_MDL_OFFSET(buffer);
    for (MDL *mdl = NET_BUFFER_CURRENT_MDL(buffer); mdl != NULL && left != 0; mdl = mdl->Next) {
        ULONG here = mdl->ByteCount < left ? mdl->ByteCount : left;
        if (here != 0 && !visit(mdl_address(mdl), here, argument)) {
            return false;
        }
        left -= here;
    }
    return true;
}

static bool count_piece(void *va, ULONG length, void *argument)
{
    *(ULONG *)argument += dma_fragment_count(va, length);
    return true;
}

#define PIECES 64 /* pages that one MDL's data may touch */

static bool map_piece(void *va, ULONG length, void *argument)
{
    SCATTER_GATHER_LIST *list = argument;
    struct dma_fragment fragments[PIECES];
    unsigned count = dma_map(va, length, fragments, PIECES);
    for (unsigned n = 0; n < count; n++) {
        SCATTER_GATHER_ELEMENT *element = &list->Elements[list->NumberOfElements++];
        element->Address.QuadPart = (LONGLONG)fragments[n].pa;
        element->Length = fragments[n].length;
        element->Reserved = 0;
    }
    return count != 0;
}

struct unmap {
    ULONG left; /* elements that are mapped */
};

static bool unmap_piece(void *va, ULONG length, void *argument)
{
    struct unmap *unmap = argument;
    ULONG count = dma_fragment_count(va, length);
    if (count > unmap->left || !dma_unmap(va, length)) {
        return false;
    }
    unmap->left -= count;
    return true;
}

static void release_list(SCATTER_GATHER_LIST *list, NET_BUFFER *buffer)
{
    struct unmap unmap = {.left = list->NumberOfElements};
    each_piece(buffer, unmap_piece, &unmap);
    if (list->Reserved == LIST_IS_OURS) {
        ke_free(list);
    }
}

static void call_handler(struct ndis_dma *dma, SCATTER_GATHER_LIST *list, void *context)
{
    MINIPORT_ENTER(frame, "MiniportProcessSGList", dma->description.ProcessSGListHandler);
    dma->description.ProcessSGListHandler(&dma->device, NULL, list, context);
    callback_leave(&frame);
}

static void call_later(KDPC *dpc, void *deferred, void *a, void *b)
{
    struct later *later = deferred;
    (void)dpc, (void)a, (void)b;
    call_handler(later->dma, later->list, later->context);
    ke_free(later);
}

static SCATTER_GATHER_LIST *make_list(NET_BUFFER *buffer, void *memory, ULONG size)
{
    ULONG elements = 0;
    each_piece(buffer, count_piece, &elements);
    SCATTER_GATHER_LIST *list = memory;
    bool fits = memory != NULL && size >= LIST_SIZE(elements);
    if (!fits) {
        list = ke_allocate(LIST_SIZE(elements));
    }
    if (list == NULL) {
        return NULL;
    }
    list->NumberOfElements = 0;
    list->Reserved = fits ? LIST_IS_DRIVERS : LIST_IS_OURS;
    if (!each_piece(buffer, map_piece, list)) {
        release_list(list, buffer);
        return NULL;
    }
    return list;
}

/*
 * Maps a NET_BUFFER's data for the device and calls MiniportProcessSGList with the list, before it returns or
 * later. DISPATCH_LEVEL.  NDIS_STATUS_RESOURCES when nothing can be mapped: then the handler is not called.
 * A buffer that is too small for the list is left unused.  nf-ndis-ndismallocatenetbuffersglist.
 */
NDIS_STATUS NdisMAllocateNetBufferSGList(NDIS_HANDLE NdisMiniportDmaHandle, PNET_BUFFER NetBuffer,
                                         PVOID Context, ULONG Flags, PVOID ScatterGatherListBuffer,
                                         ULONG ScatterGatherListBufferSize)
{
    ddi_enter(NdisMAllocateNetBufferSGList);
    if (ddi_fails(NdisMAllocateNetBufferSGList)) {
        return NDIS_STATUS_RESOURCES;
    }
    (void)Flags;
    struct ndis_dma *dma = dma_of(NdisMiniportDmaHandle);
    SCATTER_GATHER_LIST *list = make_list(NetBuffer, ScatterGatherListBuffer, ScatterGatherListBufferSize);
    if (list == NULL) {
        return NDIS_STATUS_RESOURCES;
    }
    event_send(EVENT_OBJECT_CREATE, list->Elements, OBJECT_MAPPING, 0, 0, (uintptr_t)dma->adapter);
    struct later *later = ndis_seldom(CHOICE_TIMING, 8) ? ke_allocate(sizeof *later) : NULL;
    if (later == NULL) {
        call_handler(dma, list, Context);
    } else {
        later->dma = dma;
        later->list = list;
        later->context = Context;
        KeInitializeDpc(&later->dpc, call_later, later);
        KeInsertQueueDpc(&later->dpc, NULL, NULL);
    }
    return NDIS_STATUS_SUCCESS;
}

/* Ends the mapping of a NET_BUFFER's data.  DISPATCH_LEVEL.  nf-ndis-ndismfreenetbuffersglist. */
VOID NdisMFreeNetBufferSGList(NDIS_HANDLE NdisMiniportDmaHandle, PSCATTER_GATHER_LIST pSGL,
                              PNET_BUFFER NetBuffer)
{
    ddi_enter(NdisMFreeNetBufferSGList);
    (void)dma_of(NdisMiniportDmaHandle);
    event_send(EVENT_OBJECT_DESTROY, pSGL->Elements, OBJECT_MAPPING, 0, 0, 0);
    release_list(pSGL, NetBuffer);
}

/* ---- shared memory that is allocated later ------------------------------------------------------------- */

struct shared_request {
    WORK_QUEUE_ITEM item;
    struct ndis_dma *dma;
    ULONG length;
    BOOLEAN cached;
    void *context;
};

static void allocate_shared(void *argument)
{
    struct shared_request *request = argument;
    struct ndis_dma *dma = request->dma;
    void *address = NULL;
    NDIS_PHYSICAL_ADDRESS pa = {.QuadPart = 0};
    NdisMAllocateSharedMemory(dma->adapter, request->length, request->cached, &address, &pa);
    MINIPORT_ENTER(frame, "MiniportSharedMemoryAllocateComplete",
                   dma->description.SharedMemAllocateCompleteHandler);
    dma->description.SharedMemAllocateCompleteHandler(dma->adapter->context, address, &pa, request->length,
                                                      request->context);
    callback_leave(&frame);
    ke_free(request);
}

/*
 * Allocates shared memory later and hands it to MiniportSharedMemoryAllocateComplete, at PASSIVE_LEVEL; NULL
 * when there was none.  <= DISPATCH_LEVEL.  NDIS_STATUS_PENDING, or NDIS_STATUS_RESOURCES or
 * NDIS_STATUS_FAILURE and no call. nf-ndis-ndismallocatesharedmemoryasyncex.
 */
NDIS_STATUS NdisMAllocateSharedMemoryAsyncEx(NDIS_HANDLE MiniportDmaHandle, ULONG Length, BOOLEAN Cached,
                                             PVOID Context)
{
    ddi_enter(NdisMAllocateSharedMemoryAsyncEx);
    if (ddi_fails(NdisMAllocateSharedMemoryAsyncEx)) {
        return NDIS_STATUS_RESOURCES;
    }
    struct ndis_dma *dma = dma_of(MiniportDmaHandle);
    if (dma->description.SharedMemAllocateCompleteHandler == NULL) {
        return NDIS_STATUS_FAILURE;
    }
    struct shared_request *request = ke_allocate(sizeof *request);
    if (request == NULL) {
        return NDIS_STATUS_RESOURCES;
    }
    request->dma = dma;
    request->length = Length;
    request->cached = Cached;
    request->context = Context;
    ExInitializeWorkItem(&request->item, allocate_shared, request);
    ExQueueWorkItem(&request->item, CriticalWorkQueue);
    return NDIS_STATUS_PENDING;
}

/* Buffers need no alignment for DMA.  PASSIVE_LEVEL.  nf-ndis-ndismgetdmaalignment. */
ULONG NdisMGetDmaAlignment(NDIS_HANDLE MiniportAdapterHandle)
{
    ddi_enter(NdisMGetDmaAlignment);
    (void)MiniportAdapterHandle;
    return 1;
}
