/*
 * unic_registers.c - what the unic model's registers read, and what writing them does.
 *
 * Runs on the processor that accesses the register, with interrupts masked: short, and never waits for the
 * device's thread longer than for the guard.
 */
#include "dev/unic_model.h"

/* ---- reading ----------------------------------------------------------------------------------- */

static uint32_t address_low(const uint8_t *address)
{
    return (uint32_t)address[0] | (uint32_t)address[1] << 8 | (uint32_t)address[2] << 16 |
           (uint32_t)address[3] << 24;
}

static uint32_t address_high(const uint8_t *address)
{
    return (uint32_t)address[4] | (uint32_t)address[5] << 8;
}

static uint32_t status_word(const struct unic *nic)
{
    uint32_t status = nic->link ? STATUS_LINK : 0;
    status |= nic->tx.busy || (nic->control & CONTROL_TX_ENABLE) != 0 ? STATUS_TX_ACTIVE : 0;
    status |= nic->rx.busy || (nic->control & CONTROL_RX_ENABLE) != 0 ? STATUS_RX_ACTIVE : 0;
    return status | (nic->fatal ? STATUS_FATAL : 0);
}

static uint32_t read_ring(const struct unic_ring *ring, uint32_t offset)
{
    switch (offset) {
    case RING_BASE_LOW:
        return (uint32_t)ring->base;
    case RING_BASE_HIGH:
        return (uint32_t)(ring->base >> 32);
    case RING_SIZE:
        return ring->size;
    case RING_HEAD:
        return ring->head;
    case RING_TAIL:
        return ring->tail;
    case RING_REPORT_LOW:
        return (uint32_t)ring->report;
    default:
        return (uint32_t)(ring->report >> 32);
    }
}

/* The low half of a counter keeps the high half for the read that follows. */
static uint32_t read_counter(struct unic *nic, uint32_t offset)
{
    if ((offset & 4) == 0) {
        uint64_t value = nic->counters[offset / 8];
        nic->latch = (uint32_t)(value >> 32);
        return (uint32_t)value;
    }
    return nic->latch;
}

static uint32_t read_general(const struct unic *nic, uint32_t offset)
{
    switch (offset) {
    case UNIC_ID:
        return UNIC_ID_VALUE;
    case UNIC_REVISION:
        return UNIC_REVISION_VALUE;
    case UNIC_CONTROL:
        return nic->control | (nic->reset_pending ? CONTROL_RESET : 0);
    case UNIC_STATUS:
        return status_word(nic);
    case UNIC_CAUSE:
        return nic->cause;
    case UNIC_MASK:
        return nic->mask;
    case UNIC_MODERATION:
        return nic->moderation;
    case UNIC_ADDRESS_LOW:
        return address_low(nic->address);
    case UNIC_ADDRESS_HIGH:
        return address_high(nic->address);
    case UNIC_PERMANENT_LOW:
        return address_low(nic->permanent);
    case UNIC_PERMANENT_HIGH:
        return address_high(nic->permanent);
    case UNIC_FILTER:
        return nic->filter;
    case UNIC_MULTICAST_COUNT:
        return nic->multicast_count;
    case UNIC_ERROR:
        return nic->error;
    default:
        return 0;
    }
}

static bool is_within(uint32_t offset, uint32_t block, uint32_t size)
{
    return offset >= block && offset - block < size;
}

static uint32_t read_word(struct unic *nic, uint32_t offset)
{
    if (is_within(offset, UNIC_TX_RING, RING_BLOCK_SIZE)) {
        return read_ring(&nic->tx, offset - UNIC_TX_RING);
    }
    if (is_within(offset, UNIC_RX_RING, RING_BLOCK_SIZE)) {
        return read_ring(&nic->rx, offset - UNIC_RX_RING);
    }
    if (is_within(offset, UNIC_MULTICAST_TABLE, sizeof(nic->multicast))) {
        return nic->multicast[(offset - UNIC_MULTICAST_TABLE) / 8][offset / 4 % 2];
    }
    if (is_within(offset, UNIC_COUNTERS, sizeof(nic->counters))) {
        return read_counter(nic, offset - UNIC_COUNTERS);
    }
    return read_general(nic, offset);
}

uint64_t unic_read(struct device *device, uint32_t offset, unsigned size)
{
    struct unic *nic = (struct unic *)device;
    if (size != 4 && size != 8) {
        return UINT64_MAX;
    }
    KIRQL old = ke_guard_enter(&nic->guard);
    uint64_t value = read_word(nic, offset);
    if (size == 8) {
        value |= (uint64_t)read_word(nic, offset + 4) << 32;
    }
    ke_guard_leave(&nic->guard, old);
    return value;
}

/* ---- writing ----------------------------------------------------------------------------------- */

static void set_low(uint64_t *address, uint32_t value)
{
    *address = (*address & ~(uint64_t)UINT32_MAX) | value;
}

static void set_high(uint64_t *address, uint32_t value)
{
    *address = (*address & UINT32_MAX) | (uint64_t)value << 32;
}

/* The doorbell: the device may use every descriptor before it. */
static void write_tail(struct unic *nic, struct unic_ring *ring, uint32_t value)
{
    if (value >= ring->size) {
        nic->error = unic_error_word(ERROR_TAIL, ring == &nic->rx, value & 0xFFFF);
        nic->fatal = true;
        nic->cause |= CAUSE_FATAL;
        return;
    }
    ring->tail = value;
}

static void write_ring(struct unic *nic, struct unic_ring *ring, uint32_t enable, uint32_t offset,
                       uint32_t value)
{
    if (offset == RING_TAIL) {
        write_tail(nic, ring, value);
        return;
    }
    if (ring->busy || (nic->control & enable) != 0) {
        return; /* the shape of an active ring cannot be changed */
    }
    switch (offset) {
    case RING_BASE_LOW:
        set_low(&ring->base, value & ~UINT32_C(0xF));
        break;
    case RING_BASE_HIGH:
        set_high(&ring->base, value);
        break;
    case RING_SIZE:
        ring->size = value >= RING_MINIMUM && value <= RING_MAXIMUM ? value : 0;
        ring->head = ring->tail = 0;
        break;
    case RING_REPORT_LOW:
        set_low(&ring->report, value & ~UINT32_C(0x3));
        break;
    case RING_REPORT_HIGH:
        set_high(&ring->report, value);
        break;
    default:
        break;
    }
}

static void write_control(struct unic *nic, uint32_t value)
{
    if ((value & CONTROL_RESET) != 0) {
        /* Silent at once; the rest is done by the device's thread when its engines stand still. */
        nic->reset_pending = true;
        nic->control = 0;
        nic->mask = 0;
        return;
    }
    nic->control = value & (CONTROL_TX_ENABLE | CONTROL_RX_ENABLE);
    if (nic->tx.size == 0) {
        nic->control &= ~CONTROL_TX_ENABLE;
    }
    if (nic->rx.size == 0) {
        nic->control &= ~CONTROL_RX_ENABLE;
    }
}

static void write_address(struct unic *nic, uint32_t offset, uint32_t value)
{
    unsigned first = offset == UNIC_ADDRESS_LOW ? 0 : 4, count = offset == UNIC_ADDRESS_LOW ? 4 : 2;
    for (unsigned octet = 0; octet < count; octet++) {
        nic->address[first + octet] = (uint8_t)(value >> octet * 8);
    }
}

static void write_general(struct unic *nic, uint32_t offset, uint32_t value)
{
    switch (offset) {
    case UNIC_CONTROL:
        write_control(nic, value);
        break;
    case UNIC_CAUSE:
        nic->cause &= ~value;
        break;
    case UNIC_MASK_SET:
        nic->mask |= value & CAUSE_ALL;
        break;
    case UNIC_MASK_CLEAR:
        nic->mask &= ~value;
        break;
    case UNIC_MODERATION:
        nic->moderation = value & 0xFFFF;
        break;
    case UNIC_CAUSE_SET:
        nic->cause |= value & CAUSE_ALL;
        break;
    case UNIC_ADDRESS_LOW:
    case UNIC_ADDRESS_HIGH:
        write_address(nic, offset, value);
        break;
    case UNIC_FILTER:
        nic->filter = value & FILTER_ALL;
        break;
    case UNIC_MULTICAST_COUNT:
        nic->multicast_count = value > MULTICAST_MAXIMUM ? MULTICAST_MAXIMUM : value;
        break;
    default:
        break;
    }
}

static void write_word(struct unic *nic, uint32_t offset, uint32_t value)
{
    if (nic->reset_pending) {
        return;
    }
    if (is_within(offset, UNIC_TX_RING, RING_BLOCK_SIZE)) {
        write_ring(nic, &nic->tx, CONTROL_TX_ENABLE, offset - UNIC_TX_RING, value);
    } else if (is_within(offset, UNIC_RX_RING, RING_BLOCK_SIZE)) {
        write_ring(nic, &nic->rx, CONTROL_RX_ENABLE, offset - UNIC_RX_RING, value);
    } else if (is_within(offset, UNIC_MULTICAST_TABLE, sizeof(nic->multicast))) {
        nic->multicast[(offset - UNIC_MULTICAST_TABLE) / 8][offset / 4 % 2] = value;
    } else {
        write_general(nic, offset, value);
    }
    unic_line_update(nic);
}

/* Writes that give the engines something to do. */
static bool wakes_engine(uint32_t offset)
{
    return offset == UNIC_CONTROL || offset == UNIC_TX_RING + RING_TAIL || offset == UNIC_RX_RING + RING_TAIL;
}

void unic_write(struct device *device, uint32_t offset, unsigned size, uint64_t value)
{
    struct unic *nic = (struct unic *)device;
    if (size != 4 && size != 8) {
        return;
    }
    KIRQL old = ke_guard_enter(&nic->guard);
    write_word(nic, offset, (uint32_t)value);
    if (size == 8) {
        write_word(nic, offset + 4, (uint32_t)(value >> 32));
    }
    ke_guard_leave(&nic->guard, old);
    if (wakes_engine(offset) || (size == 8 && wakes_engine(offset + 4))) {
        device_kick(device);
    }
}
