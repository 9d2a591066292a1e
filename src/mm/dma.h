/*
 * dma.h - physical addresses, and the memory that devices may reach.
 *
 * A physical address is never equal to a virtual one, and neighbouring virtual pages are not neighbours
 * in physical memory, so that a driver that mixes the two or forgets to split a buffer at page boundaries
 * fails here as it would on a machine.  Shared memory (common buffers) is physically contiguous.
 *
 * A device reaches only what a driver gave it: shared memory and mapped buffers.  Not guaranteed: order
 * between a device's accesses and a processor's beyond what x86-64 itself gives; there is no IOMMU
 * page-table delay and no cache to flush.
 *
 * Every function here works on any host thread and at any IRQL; none of them allocates from the heap, but
 * under the explored engine shared memory is a part of the machine's, at the same address in every process;
 * there an access beyond its end or after it was freed does not fault.
 */
#ifndef UNDIS_MM_DMA_H
#define UNDIS_MM_DMA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DMA_PAGE_SIZE 4096u

/* The physical address of any byte of memory (MmGetPhysicalAddress, MDL page arrays). */
uint64_t mm_physical_address(const void *virtual_address);

/* ---- shared memory ----------------------------------------------------------------------------- */

/*
 * Memory that processors and devices see alike: page aligned, physically contiguous, zero-filled, with
 * an inaccessible page behind it.  Returns NULL when none is left; *pa is its physical address.
 * Announcing it as an OBJECT_SHARED_MEMORY with its owner is the caller's business.
 */
void *dma_shared_allocate(size_t length, uint64_t *pa);

/*
 * Gives it back; any later access, a processor's or a device's, fails.  False, and nothing is done, when
 * [va, va + length) at pa is not exactly one live allocation.
 */
bool dma_shared_free(void *va, size_t length, uint64_t pa);

/* ---- buffers mapped for one transfer (scatter/gather lists) -------------------------------------- */

/* A piece of a buffer that is contiguous in physical memory. */
struct dma_fragment {
    uint64_t pa;
    uint32_t length;
};

/* How many fragments [va, va + length) has: the pages that it touches. */
unsigned dma_fragment_count(const void *va, size_t length);

/*
 * Lets devices reach [va, va + length) until dma_unmap of the same range, and writes its fragments in
 * order.  Mappings of one range count.  Returns the number of fragments; 0 when `room` is too small or no
 * mapping is left: then nothing is mapped.
 */
unsigned dma_map(const void *va, size_t length, struct dma_fragment *fragments, unsigned room);

/* False when that range was not mapped. */
bool dma_unmap(const void *va, size_t length);

/* Ranges mapped now: 0 when every scatter/gather list has been freed. */
size_t dma_mapped_count(void);

/* What stands for all mappings as a kernel object, in steps of the explored engine (ke/step.h). */
const void *dma_mappings(void);

/* ---- from the device's side ---------------------------------------------------------------------- */

/*
 * Copies from or to physical memory, safe against a driver that takes the memory back meanwhile.  False
 * when [pa, pa + length) is not wholly memory that a driver gave to devices: then nothing is copied.
 */
bool dma_read(uint64_t pa, void *to, size_t length);
bool dma_write(uint64_t pa, const void *from, size_t length);

/* Writes one aligned 32-bit word after everything written before it (release). */
bool dma_publish(uint64_t pa, uint32_t value);

#endif
