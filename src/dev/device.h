/*
 * device.h - simulated devices behind registers, DMA and an interrupt line.
 *
 * A device is driven from two sides: a processor touches its registers (read, write: with interrupts
 * masked, must be short), and the engine lets it work by itself (step).  The free-running engine gives
 * each device a host thread that calls step until it has nothing to do and then sleeps until
 * device_kick().  A device guards its own state.
 */
#ifndef UNDIS_DEV_DEVICE_H
#define UNDIS_DEV_DEVICE_H

#include "ke/line.h"

struct device;

struct device_operations {
    const char *name; /* "unic" */
    uint16_t vendor_id, device_id;
    /* A register access of 1, 2, 4 or 8 bytes at `offset` into the register window. */
    uint64_t (*read)(struct device *device, uint32_t offset, unsigned size);
    void (*write)(struct device *device, uint32_t offset, unsigned size, uint64_t value);
    /* Does one bounded piece of work; false when there is nothing to do until the next device_kick. */
    bool (*step)(struct device *device);
    /* `removed` was set: deasserts the line, under the guard that the model's own changes of it hold. */
    void (*remove)(struct device *device);
    void (*destroy)(struct device *device);
};

/* The common part; a model embeds it as its first member. */
struct device {
    const struct device_operations *operations;
    struct ke_line *line; /* set by device_attach; a model that shares a line sets it before */
    bool line_is_shared;  /* then device_detach does not destroy it */
    unsigned line_source; /* which of the devices on a shared line this is; 0 for the first */
    uint64_t window_pa;   /* where the register window lies in physical memory, filled in by device_attach */
    uint32_t window_size; /* bytes, set by the model */
    uint32_t wake;
    volatile bool asleep; /* device_kick must wake it */
    volatile bool stopping;
    volatile bool removed;  /* surprise removal: reads give all ones, writes are lost, step is not called */
    volatile bool stepping; /* step runs now */
    volatile uint64_t due;  /* host_now_ns at which step wants to be called again without a kick; 0: never */
    struct host_thread thread;
    struct device *next;
};

/* Puts the device on the bus: gives it an interrupt line at `dirql` and a register window.  Before or during
 * a run. */
bool device_attach(struct device *device, KIRQL dirql);
/* Stops its thread, takes it off the bus and destroys it.  A host thread that is no processor, or masked. */
void device_detach(struct device *device);
/*
 * Surprise removal: when it returns the device does nothing more, its line is deasserted, reads of its
 * registers give all ones and writes are lost.  Any host thread, <= DISPATCH_LEVEL.
 */
void device_remove(struct device *device);
/* Something changed: step will be called again.  Any host thread, any IRQL. */
void device_kick(struct device *device);

/*
 * Register windows: READ_REGISTER_* and WRITE_REGISTER_* (src/mm/register.c) ask here which device an
 * address mapped by MmMapIoSpace / NdisMMapIoSpace belongs to.  The mapping is inaccessible memory, so
 * a plain dereference of a register pointer is a MemoryFault.
 */
struct device *device_at_pa(uint64_t pa, uint64_t length);

/*
 * DMA, from the device's side: the host address of [pa, pa+length), or NULL when that range is not memory
 * that a driver gave to devices (NdisMAllocateSharedMemory, a mapped scatter/gather list): a real bus would
 * corrupt memory. Implemented in src/mm/dma.c.
 */
void *dma_host_address(uint64_t pa, size_t length);

#endif
