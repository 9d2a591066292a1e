/*
 * unic_model.h - registers, descriptors and inner state of the unic model; the datasheet is docs/unic.md.
 */
#ifndef UNDIS_DEV_UNIC_MODEL_H
#define UNDIS_DEV_UNIC_MODEL_H

#include "dev/unic.h"

#include <assert.h>

/* ---- registers --------------------------------------------------------------------------------- */

enum {
    UNIC_ID = 0x000,
    UNIC_REVISION = 0x004,
    UNIC_CONTROL = 0x008,
    UNIC_STATUS = 0x00C,
    UNIC_CAUSE = 0x010,
    UNIC_MASK = 0x014,
    UNIC_MASK_SET = 0x018,
    UNIC_MASK_CLEAR = 0x01C,
    UNIC_MODERATION = 0x020,
    UNIC_CAUSE_SET = 0x024,
    UNIC_ADDRESS_LOW = 0x028,
    UNIC_ADDRESS_HIGH = 0x02C,
    UNIC_PERMANENT_LOW = 0x030,
    UNIC_PERMANENT_HIGH = 0x034,
    UNIC_FILTER = 0x038,
    UNIC_MULTICAST_COUNT = 0x03C,
    UNIC_ERROR = 0x040,
    UNIC_TX_RING = 0x080,
    UNIC_RX_RING = 0x0C0,
    UNIC_MULTICAST_TABLE = 0x100,
    UNIC_COUNTERS = 0x200,
    UNIC_WINDOW_SIZE = 0x1000,
};

/* Within a ring's block. */
enum {
    RING_BASE_LOW = 0x00,
    RING_BASE_HIGH = 0x04,
    RING_SIZE = 0x08,
    RING_HEAD = 0x0C,
    RING_TAIL = 0x10,
    RING_REPORT_LOW = 0x14,
    RING_REPORT_HIGH = 0x18,
    RING_BLOCK_SIZE = 0x1C,
};

#define UNIC_ID_VALUE 0x43494E55u
#define UNIC_REVISION_VALUE 1u

#define CONTROL_RESET 0x1u
#define CONTROL_TX_ENABLE 0x2u
#define CONTROL_RX_ENABLE 0x4u

#define STATUS_LINK 0x1u
#define STATUS_TX_ACTIVE 0x2u
#define STATUS_RX_ACTIVE 0x4u
#define STATUS_FATAL 0x8u

#define CAUSE_TX_DONE 0x01u
#define CAUSE_RX_DONE 0x02u
#define CAUSE_LINK 0x04u
#define CAUSE_ERROR 0x08u
#define CAUSE_RX_EMPTY 0x10u
#define CAUSE_FATAL 0x20u
#define CAUSE_SOFTWARE 0x80u
#define CAUSE_ALL 0xBFu
#define CAUSE_MODERATED (CAUSE_TX_DONE | CAUSE_RX_DONE)

/* Entries of the message table, each for causes of its own: the transmitter's, the receiver's, the others. */
#define UNIC_ENTRIES 3u

#define FILTER_UNICAST 0x01u
#define FILTER_MULTICAST 0x02u
#define FILTER_ALL_MULTICAST 0x04u
#define FILTER_BROADCAST 0x08u
#define FILTER_PROMISCUOUS 0x10u
#define FILTER_ALL 0x1Fu

#define MULTICAST_MAXIMUM 32u
#define RING_MINIMUM 2u
#define RING_MAXIMUM 4096u
#define FRAGMENTS_MAXIMUM 64u

enum unic_error {
    ERROR_NONE,
    ERROR_ADDRESS,   /* not memory that the driver gave to devices */
    ERROR_LENGTH,    /* a descriptor of length 0, or a receive buffer that is too small */
    ERROR_TOO_LONG,  /* a frame above 1514 bytes, or of too many fragments */
    ERROR_TOO_SHORT, /* a frame below 14 bytes */
    ERROR_RING,      /* the ring itself cannot be reached: fatal */
    ERROR_TAIL,      /* a tail outside of the ring: fatal */
};

/* ---- descriptors ------------------------------------------------------------------------------- */

#define COMMAND_LAST 0x01u
#define COMMAND_REPORT 0x02u

#define DESCRIPTOR_DONE 0x01u
#define DESCRIPTOR_ERROR 0x02u
#define DESCRIPTOR_MULTICAST 0x04u
#define DESCRIPTOR_BROADCAST 0x08u

struct unic_descriptor {
    uint64_t address;
    uint16_t length;
    uint8_t command;
    uint8_t error;
    uint32_t status; /* written last */
};
static_assert(sizeof(struct unic_descriptor) == 16, "a descriptor has 16 bytes");

/* ---- the model --------------------------------------------------------------------------------- */

enum unic_cast { CAST_UNICAST, CAST_MULTICAST, CAST_BROADCAST, CASTS };

enum unic_counter {
    COUNT_RX_FRAMES,
    COUNT_RX_OCTETS = COUNT_RX_FRAMES + CASTS,
    COUNT_TX_FRAMES = COUNT_RX_OCTETS + CASTS,
    COUNT_TX_OCTETS = COUNT_TX_FRAMES + CASTS,
    COUNT_RX_MISSED = COUNT_TX_OCTETS + CASTS,
    COUNT_RX_FILTERED,
    COUNT_RX_ERRORS,
    COUNT_TX_ERRORS,
    COUNTERS
};

struct unic_ring {
    uint64_t base, report;
    uint32_t size, head, tail;
    bool busy; /* the engine is in a batch */
};

#define BATCH 16u /* frames per direction and step */

/* What a batch did, added to the registers when it is over. */
struct unic_batch {
    uint32_t limit; /* most frames */
    uint32_t taken; /* from the wire */
    uint32_t done;  /* frames and spoilt descriptors */
    uint32_t head;
    uint32_t cause, error;
    bool fatal;
    uint64_t counters[COUNTERS];
};

struct unic {
    struct device device;
    struct wire *wire;

    /* Everything down to the rings is guarded; the rings' heads are changed by the device's thread only. */
    struct ke_guard guard;
    uint32_t control;
    bool reset_pending, link, fatal;
    uint32_t cause, mask, moderation, error;
    bool by_messages;                   /* how it interrupted last */
    uint32_t asserted;                  /* bit per entry; the line is bit 0 */
    uint64_t quiet_until[UNIC_ENTRIES]; /* when moderation admits the next interrupt */
    uint8_t address[6], permanent[6];
    uint32_t filter, multicast_count;
    uint32_t multicast[MULTICAST_MAXIMUM][2];
    uint64_t counters[COUNTERS];
    uint32_t latch;
    struct unic_ring tx, rx;

    /* Without a host thread: batches whose outcome is still to be told, and the tail before which the last
       frame was not whole yet. */
    struct unic_batch tx_batch, rx_batch;
    uint32_t tx_partial;

    /* The device thread's own. */
    uint8_t frame[ETHERNET_MAXIMUM_FRAME];
    uint8_t held[ETHERNET_MAXIMUM_FRAME]; /* a received frame that waits for a usable descriptor */
    size_t held_length;
};

/* Begin a batch of at most batch->limit frames and do its work.  False when the engine is off: nothing was
 * begun; else unic_batch_end must follow. */
bool unic_transmit(struct unic *nic, struct unic_batch *batch);
bool unic_receive(struct unic *nic, struct unic_batch *batch);
/* Copies the ring and marks it busy.  False when the engine is off. */
bool unic_batch_begin(struct unic *nic, struct unic_ring *ring, uint32_t enable, struct unic_ring *copy);
/* Tells of a batch: the report word, the registers, the interrupt line. */
void unic_batch_end(struct unic *nic, struct unic_ring *ring, const struct unic_batch *batch);

/* Resets when asked to, and looks at the cable and the clock. */
void unic_housekeeping(struct unic *nic);

/* For the explored engine (unic_units.c). */
extern const struct device_unit unic_units[];
#define UNIC_UNITS 3u
unsigned unic_effects(const struct device *device, uint32_t offset, unsigned size, bool write,
                      uint64_t value);

enum unic_cast unic_cast_of(const uint8_t *frame);

/* The line follows cause, mask and moderation.  Under the guard. */
void unic_line_update(struct unic *nic);

/* Registers (unic_registers.c). */
uint64_t unic_read(struct device *device, uint32_t offset, unsigned size);
void unic_write(struct device *device, uint32_t offset, unsigned size, uint64_t value);

static inline uint32_t unic_error_word(enum unic_error code, bool receive, uint32_t index)
{
    return (uint32_t)code | (uint32_t)receive << 8 | index << 16;
}

#endif
