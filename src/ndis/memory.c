/*
 * memory.c - pool memory, memory shared with a device, and register windows.
 */
#include "ke/ddi.h"
#include "ke/fault.h"
#include "ndis/adapter.h"
#include "mm/dma.h"
#include "mm/register.h"

#include <string.h>

/*
 * Allocates non-paged memory.  <= DISPATCH_LEVEL.  NULL when memory is short; Priority is advice that nobody
 * needs here.  nf-ndis-ndisallocatememorywithtagpriority.
 */
PVOID NdisAllocateMemoryWithTagPriority(NDIS_HANDLE NdisHandle, UINT Length, ULONG Tag,
                                        EX_POOL_PRIORITY Priority)
{
    ddi_enter(NdisAllocateMemoryWithTagPriority);
    if (Tag == 0) {
        event_misuse("NdisAllocateMemoryWithTagPriority", "memory is allocated without a tag", NULL, 0xC2,
                     0x9B);
    }
    if (ddi_fails(NdisAllocateMemoryWithTagPriority)) {
        return NULL;
    }
    (void)NdisHandle, (void)Priority;
    return ExAllocatePoolWithTag(NonPagedPool, Length, Tag);
}

/* Allocates non-paged memory; NDIS_STATUS_FAILURE when it is short.  <= DISPATCH_LEVEL.
 * nf-ndis-ndisallocatememorywithtag. */
NDIS_STATUS NdisAllocateMemoryWithTag(PVOID *VirtualAddress, UINT Length, ULONG Tag)
{
    ddi_enter(NdisAllocateMemoryWithTag);
    if (ddi_fails(NdisAllocateMemoryWithTag)) {
        *VirtualAddress = NULL;
        return NDIS_STATUS_FAILURE;
    }
    *VirtualAddress = ExAllocatePoolWithTag(NonPagedPool, Length, Tag);
    return *VirtualAddress == NULL ? NDIS_STATUS_FAILURE : NDIS_STATUS_SUCCESS;
}

/* Frees what one of the two above gave.  <= DISPATCH_LEVEL.  nf-ndis-ndisfreememory. */
VOID NdisFreeMemory(PVOID VirtualAddress, UINT Length, UINT MemoryFlags)
{
    ddi_enter(NdisFreeMemory);
    ddi_enter_when(NdisFreeMemory, contiguous, MemoryFlags & NDIS_MEMORY_CONTIGUOUS);
    ddi_enter_when(NdisFreeMemory, noncached, MemoryFlags & NDIS_MEMORY_NONCACHED);
    (void)Length, (void)MemoryFlags;
    ExFreePool(VirtualAddress);
}

/* Frees tagged memory.  <= DISPATCH_LEVEL. */
VOID NdisFreeMemoryWithTag(PVOID VirtualAddress, ULONG Tag)
{
    ddi_enter(NdisFreeMemoryWithTag);
    ExFreePoolWithTag(VirtualAddress, Tag);
}

/* Frees tagged memory.  <= DISPATCH_LEVEL.  nf-ndis-ndisfreememorywithtagpriority. */
VOID NdisFreeMemoryWithTagPriority(NDIS_HANDLE NdisHandle, PVOID VirtualAddress, ULONG Tag)
{
    ddi_enter(NdisFreeMemoryWithTagPriority);
    (void)NdisHandle;
    ExFreePoolWithTag(VirtualAddress, Tag);
}

/* There is none: MiniportInitializeEx is expected to tell of it. */
static void refuse_shared(NDIS_HANDLE handle, const void *from)
{
    struct ndis_adapter *adapter = adapter_of(handle);
    if (adapter != NULL && ndis_called_from("MiniportInitializeEx")) {
        adapter->unlogged = from;
    }
}

/*
 * Allocates memory that the device reaches too, physically contiguous, zero-filled.  PASSIVE_LEVEL; above it:
 * bug check 0x7C/0x01.  *VirtualAddress is NULL when there is none.  nf-ndis-ndismallocatesharedmemory.
 */
VOID NdisMAllocateSharedMemory(NDIS_HANDLE MiniportAdapterHandle, ULONG Length, BOOLEAN Cached,
                               PVOID *VirtualAddress, PNDIS_PHYSICAL_ADDRESS PhysicalAddress)
{
    ddi_enter(NdisMAllocateSharedMemory);
    if (ddi_fails(NdisMAllocateSharedMemory)) {
        *VirtualAddress = NULL;
        refuse_shared(MiniportAdapterHandle, __builtin_return_address(0));
        return;
    }
    (void)Cached;
    if (ke_irql() > PASSIVE_LEVEL) {
        ke_bugcheck(BUGCODE_NDIS_DRIVER, 0x01, (ULONG_PTR)MiniportAdapterHandle, Length, ke_irql());
    }
    uint64_t pa = 0;
    *VirtualAddress = dma_shared_allocate(Length, &pa);
    PhysicalAddress->QuadPart = (LONGLONG)pa;
    if (*VirtualAddress != NULL) {
        event_send(EVENT_OBJECT_CREATE, *VirtualAddress, OBJECT_SHARED_MEMORY, Length, 0,
                   (uintptr_t)MiniportAdapterHandle);
    } else {
        refuse_shared(MiniportAdapterHandle, __builtin_return_address(0));
    }
}

/*
 * Frees shared memory.  PASSIVE_LEVEL.  What is not a live allocation of that size: bug check 0x7C/0x03.
 * nf-ndis-ndismfreesharedmemory.
 */
VOID NdisMFreeSharedMemory(NDIS_HANDLE MiniportAdapterHandle, ULONG Length, BOOLEAN Cached,
                           PVOID VirtualAddress, NDIS_PHYSICAL_ADDRESS PhysicalAddress)
{
    ddi_enter(NdisMFreeSharedMemory);
    if (ndis_called_from("MiniportShutdownEx")) {
        event_misuse("NdisMFreeSharedMemory", "NdisMFreeSharedMemory is called from MiniportShutdownEx",
                     VirtualAddress, 0, 0);
    }
    (void)Cached;
    event_send(EVENT_OBJECT_DESTROY, VirtualAddress, OBJECT_SHARED_MEMORY, Length, 0, 0);
    if (!dma_shared_free(VirtualAddress, Length, (uint64_t)PhysicalAddress.QuadPart)) {
        ke_bugcheck(BUGCODE_NDIS_DRIVER, 0x03, (ULONG_PTR)MiniportAdapterHandle,
                    (ULONG_PTR)PhysicalAddress.QuadPart, (ULONG_PTR)VirtualAddress);
    }
}

/*
 * Maps a device's registers.  PASSIVE_LEVEL.  NDIS_STATUS_RESOURCE_CONFLICT when no device decodes the range.
 * The result is for READ_REGISTER_Xxx and WRITE_REGISTER_Xxx, not for pointers.  nf-ndis-ndismmapiospace.
 */
NDIS_STATUS NdisMMapIoSpace(PVOID *VirtualAddress, NDIS_HANDLE MiniportAdapterHandle,
                            NDIS_PHYSICAL_ADDRESS PhysicalAddress, UINT Length)
{
    ddi_enter(NdisMMapIoSpace);
    if (ddi_fails(NdisMMapIoSpace)) {
        return NDIS_STATUS_RESOURCES;
    }
    struct ndis_adapter *adapter = adapter_of(MiniportAdapterHandle);
    if (adapter == NULL) {
        return NDIS_STATUS_INVALID_PARAMETER;
    }
    if (adapter->state != ADAPTER_INITIALIZING) {
        event_misuse("NdisMMapIoSpace", "NdisMMapIoSpace is called when MiniportInitializeEx is over",
                     adapter, 0, 0);
    }
    void *window = register_map((uint64_t)PhysicalAddress.QuadPart, Length);
    *VirtualAddress = window;
    if (window == NULL) {
        return NDIS_STATUS_RESOURCE_CONFLICT;
    }
    adapter->uses_hardware = TRUE;
    event_send(EVENT_OBJECT_CREATE, window, OBJECT_MAPPING, Length, 0, (uintptr_t)adapter);
    return NDIS_STATUS_SUCCESS;
}

/* Ends a mapping.  PASSIVE_LEVEL.  nf-ndis-ndismunmapiospace. */
VOID NdisMUnmapIoSpace(NDIS_HANDLE MiniportAdapterHandle, PVOID VirtualAddress, UINT Length)
{
    ddi_enter(NdisMUnmapIoSpace);
    struct ndis_adapter *adapter = adapter_of(MiniportAdapterHandle);
    event_send(EVENT_OBJECT_DESTROY, VirtualAddress, OBJECT_MAPPING, Length, 0, 0);
    if (!register_unmap(VirtualAddress, Length) && adapter != NULL) {
        adapter_fault(adapter, "NdisMUnmapIoSpace was given what is not a mapping of that length");
    }
}
