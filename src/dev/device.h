/*
 * device.h - simulated devices behind registers, DMA and an interrupt line.
 *
 * A device is driven from two sides: a processor touches its registers (read, write: with interrupts
 * masked, must be short), and the engine lets it work by itself.  The free-running engine gives each device
 * a host thread that calls step until it has nothing to do and then sleeps until device_kick().  Under the
 * explored engine there is no thread: each of a device's units (its transmitter, its receiver ...) is an
 * actor, which takes a step when the search says so; the host's clock plays no part.  A device guards its
 * own state.
 */
#ifndef UNDIS_DEV_DEVICE_H
#define UNDIS_DEV_DEVICE_H

#include "ke/line.h"

struct device;
struct op;

/* A part of a device that works by itself, for the explored engine. */
struct device_unit {
    const char *name; /* "transmitter" */
    /* Has it something to do now?  Looks at the device's state and at memory, changes nothing. */
    bool (*ready)(struct device *device);
    /* What its next step touches: fills in addr, size and object[1] of the op; object[0] is the device,
       object[2] what it counts. */
    void (*covers)(struct device *device, struct op *op);
    /* Does one small piece of work. */
    void (*step)(struct device *device);
};

/* How a device may interrupt; what the bus is told to grant before device_attach. */
enum device_signalling { DEVICE_BY_LINE, DEVICE_BY_MSI, DEVICE_BY_MSIX };

#define DEVICE_MESSAGES 8

/* Message-signalled interrupts: each table entry of the device signals one of the messages that it was
 * granted. */
struct device_messages {
    enum device_signalling signalling;
    unsigned wanted;  /* entries that the model has; set before device_attach */
    unsigned granted; /* messages: as many as wanted, with MSI a power of two; 0: there is only the line */
    struct ke_line *lines[DEVICE_MESSAGES];
    KAFFINITY targets[DEVICE_MESSAGES];

    struct ke_guard guard; /* of what follows */
    bool enabled;          /* connected: the device signals messages and leaves its line alone */
    uint8_t table[DEVICE_MESSAGES];
    uint32_t masked, pending; /* bit per entry */
};

enum device_table_operation { DEVICE_ENTRY_SET, DEVICE_ENTRY_MASK, DEVICE_ENTRY_UNMASK };

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
    /* Messages are enabled, or not any more: the model looks at what it signals.  NULL: it has only a line.
     */
    void (*signalling_changed)(struct device *device);
    const struct device_unit *units; /* NULL: one, which calls step when the device was kicked */
    unsigned unit_count;
    /* What a register access touches, enum device_effect; NULL: everything. */
    unsigned (*effects)(const struct device *device, uint32_t offset, unsigned size, bool write,
                        uint64_t value);
};

enum device_effect {
    DEVICE_LOOKS = 1,         /* shows the device's state */
    DEVICE_CHANGES = 2,       /* changes it */
    DEVICE_LOOKS_AT_LINE = 4, /* shows what its interrupt line depends on: causes and masks */
    DEVICE_MOVES_LINE = 8,    /* changes that */
    DEVICE_COUNTS = 16        /* shows, and perhaps keeps a part of, what its units count */
};

/* The common part; a model embeds it as its first member. */
struct device {
    const struct device_operations *operations;
    struct ke_line *line; /* set by device_attach; a model that shares a line sets it before */
    bool line_is_shared;  /* then device_detach does not destroy it */
    unsigned line_source; /* which of the devices on a shared line this is; 0 for the first */
    struct device_messages messages;
    uint64_t window_pa;   /* where the register window lies in physical memory, filled in by device_attach */
    uint32_t window_size; /* bytes, set by the model */
    uint32_t wake;
    volatile bool asleep; /* device_kick must wake it */
    volatile bool stopping;
    volatile bool removed;  /* surprise removal: reads give all ones, writes are lost, step is not called */
    volatile bool stepping; /* step runs now */
    volatile uint64_t due;  /* when (device_now) step wants to be called again without a kick; 0: never */
    unsigned first_unit;    /* number of its first unit */
    uint32_t done;          /* value of `wake` up to which the only unit has worked, without a thread */
    uint64_t counted;       /* to steps: what its units count (DEVICE_COUNTS) */
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

/* ---- messages (message.c) ------------------------------------------------------------------------ */

/* The model's side: does it signal entries, or assert its line?  And an entry's signal, masked or under a
 * guard: sent, or kept until the entry is unmasked. */
bool device_signals_messages(const struct device *device);
void device_signal(struct device *device, unsigned entry);

/* The system's side.  Any IRQL.  Service routines are connected before messages are enabled. */
void device_enable_messages(struct device *device, bool enabled);
/* An entry of the MSI-X table.  False: it has no such table, entry or message. */
bool device_configure_entry(struct device *device, enum device_table_operation operation, unsigned entry,
                            unsigned message);

/* Before they are connected: message goes to one of these processors; there are no messages, only the line.
 */
void device_aim_message(struct device *device, unsigned message, KAFFINITY targets);
void device_withhold_messages(struct device *device);

/* For device.c: lines for the messages that the bus grants, at dirql and above; false: there are not enough
 * lines.
 */
bool device_messages_create(struct device *device, KIRQL dirql);
void device_messages_destroy(struct device *device);

/* The clock that devices see, in nanoseconds. */
uint64_t device_now(void);
/* True when devices have no host threads and are moved step by step. */
bool device_is_explored(void);

/* ---- the explored engine's side ------------------------------------------------------------------ */

/*
 * The units of all devices that have been on the bus, in the order in which those were attached, numbered 0
 * to device_units() - 1.  All are called with interrupts masked or on a host
 * thread that is no processor, and take no step of their own.
 */
unsigned device_units(void);
const char *device_unit_name(unsigned unit, char *text, size_t size); /* "unic transmitter" */
/* False when it has nothing to do, or its device has left the bus. */
bool device_unit_ready(unsigned unit);
/* The OP_DEVICE that its next step is; it is ready. */
struct op device_unit_op(unsigned unit);
void device_unit_step(unsigned unit);

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
