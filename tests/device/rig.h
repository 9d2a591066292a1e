/*
 * rig.h - a unic interface on a bench: driven through its registers by the test itself, without a driver.
 *
 * Include after <ndis.h> or <ntddk.h>.  Everything runs on a processor.
 */
#ifndef UNDIS_TESTS_DEVICE_RIG_H
#define UNDIS_TESTS_DEVICE_RIG_H

#include "machine.h"

#include "dev/unic_model.h"
#include "mm/dma.h"

#define RIG_RING 8u
#define RIG_BUFFERS 16u
#define RIG_BUFFER_SIZE 2048u
#define RIG_LOG 4096u

struct rig {
    struct wire *wire;
    struct device *device;
    uint8_t *window;
    struct unic_descriptor *tx, *rx;
    uint64_t tx_pa, rx_pa;
    volatile uint32_t *report;
    uint64_t report_pa;
    uint8_t *buffers;
    uint64_t buffers_pa;
    uint32_t tx_tail, rx_tail;

    struct ke_interrupt interrupt;
    volatile LONG interrupts;
    volatile uint32_t last_cause;
    volatile uint64_t times[RIG_LOG];

    /* The far end of the wire. */
    volatile uint32_t sent;
    volatile uint32_t sent_length[RIG_LOG];
    volatile uint8_t sent_first[RIG_LOG]; /* the byte after the Ethernet header */
    volatile uint32_t to_offer, offered;  /* frames that `next` still gives */
    size_t offer_length;
    uint8_t offer_destination[6];
};

__attribute__((unused)) static uint32_t rig_get(struct rig *rig, uint32_t offset)
{
    return READ_REGISTER_ULONG((volatile ULONG *)(rig->window + offset));
}

__attribute__((unused)) static void rig_set(struct rig *rig, uint32_t offset, uint32_t value)
{
    WRITE_REGISTER_ULONG((volatile ULONG *)(rig->window + offset), value);
}

static void rig_sent(void *context, const uint8_t *frame, size_t length)
{
    struct rig *rig = context;
    rig->sent_length[rig->sent % RIG_LOG] = (uint32_t)length;
    rig->sent_first[rig->sent % RIG_LOG] = frame[ETHERNET_HEADER_SIZE];
    __atomic_fetch_add(&rig->sent, 1, __ATOMIC_RELEASE);
}

/* Frame number n carries n after its header. */
static size_t rig_next(void *context, uint8_t *frame)
{
    struct rig *rig = context;
    if (__atomic_load_n(&rig->to_offer, __ATOMIC_ACQUIRE) == rig->offered) {
        return 0;
    }
    memset(frame, 0, rig->offer_length);
    memcpy(frame, rig->offer_destination, 6);
    frame[6] = 0x02;
    frame[11] = 0x02;
    frame[12] = 0x08;
    memcpy(frame + ETHERNET_HEADER_SIZE, (const void *)&rig->offered, sizeof(rig->offered));
    rig->offered++;
    return rig->offer_length;
}

/* Offers `count` more frames. */
__attribute__((unused)) static void rig_offer(struct rig *rig, uint32_t count)
{
    __atomic_fetch_add(&rig->to_offer, count, __ATOMIC_RELEASE);
    wire_kick(rig->wire);
}

/* The service routine: acknowledges everything. */
static BOOLEAN rig_service(struct ke_interrupt *interrupt, void *context)
{
    struct rig *rig = context;
    uint32_t cause = rig_get(rig, UNIC_CAUSE) & rig_get(rig, UNIC_MASK);
    (void)interrupt;
    if (cause == 0 || cause == UINT32_MAX) {
        return FALSE;
    }
    rig_set(rig, UNIC_CAUSE, cause);
    rig->last_cause = cause;
    rig->times[rig->interrupts % RIG_LOG] = host_now_ns();
    rig->interrupts++;
    return TRUE;
}

static void rig_build(struct rig *rig, bool overrun, const char *pcap_out)
{
    struct wire_options wire = {
        .next = rig_next, .sent = rig_sent, .context = rig, .overrun = overrun, .pcap_out = pcap_out};
    char error[200] = "";
    KIRQL old = ke_mask();
    rig->wire = wire_create(&wire, error, sizeof(error));
    struct unic_options options = {.wire = rig->wire, .address = {0x02, 0, 0, 0, 0, 0x07}};
    rig->device = unic_create(&options);
    ke_unmask(old);
    CHECK(rig->wire != NULL && rig->device != NULL);
}

/* An interface on the bus, its window mapped, reset, rings of RIG_RING descriptors programmed, all off. */
static void rig_program(struct rig *rig)
{
    rig_set(rig, UNIC_TX_RING + RING_BASE_LOW, (uint32_t)rig->tx_pa);
    rig_set(rig, UNIC_TX_RING + RING_BASE_HIGH, (uint32_t)(rig->tx_pa >> 32));
    rig_set(rig, UNIC_TX_RING + RING_REPORT_LOW, (uint32_t)rig->report_pa);
    rig_set(rig, UNIC_TX_RING + RING_REPORT_HIGH, (uint32_t)(rig->report_pa >> 32));
    rig_set(rig, UNIC_TX_RING + RING_SIZE, RIG_RING);
    rig_set(rig, UNIC_RX_RING + RING_BASE_LOW, (uint32_t)rig->rx_pa);
    rig_set(rig, UNIC_RX_RING + RING_BASE_HIGH, (uint32_t)(rig->rx_pa >> 32));
    rig_set(rig, UNIC_RX_RING + RING_SIZE, RIG_RING);
    rig->tx_tail = rig->rx_tail = 0;
}

__attribute__((unused)) static void rig_open_with(struct rig *rig, bool overrun, const char *pcap_out)
{
    memset(rig, 0, sizeof(*rig));
    rig->offer_length = 100;
    memcpy(rig->offer_destination, (uint8_t[6]){0x02, 0, 0, 0, 0, 0x07}, 6);
    rig_build(rig, overrun, pcap_out);
    KIRQL old = ke_mask();
    bool attached = device_attach(rig->device, 6);
    ke_unmask(old);
    CHECK(attached);
    PHYSICAL_ADDRESS pa = {.QuadPart = (LONGLONG)rig->device->window_pa};
    rig->window = MmMapIoSpace(pa, UNIC_WINDOW_SIZE, MmNonCached);
    CHECK(rig->window != NULL);
    rig->tx = dma_shared_allocate(RIG_RING * sizeof(*rig->tx), &rig->tx_pa);
    rig->rx = dma_shared_allocate(RIG_RING * sizeof(*rig->rx), &rig->rx_pa);
    rig->report = dma_shared_allocate(sizeof(*rig->report), &rig->report_pa);
    rig->buffers = dma_shared_allocate((size_t)RIG_BUFFERS * RIG_BUFFER_SIZE, &rig->buffers_pa);
    rig->interrupt.service = rig_service;
    rig->interrupt.context = rig;
    ke_interrupt_connect(&rig->interrupt, rig->device->line);
    rig_program(rig);
}

__attribute__((unused)) static void rig_open(struct rig *rig)
{
    rig_open_with(rig, false, NULL);
}

__attribute__((unused)) static void rig_close(struct rig *rig)
{
    char error[200] = "";
    ke_interrupt_disconnect(&rig->interrupt);
    MmUnmapIoSpace(rig->window, UNIC_WINDOW_SIZE);
    KIRQL old = ke_mask();
    device_detach(rig->device);
    bool written = wire_destroy(rig->wire, error, sizeof(error));
    ke_unmask(old);
    CHECK(written);
    CHECK(dma_shared_free(rig->tx, RIG_RING * sizeof(*rig->tx), rig->tx_pa));
    CHECK(dma_shared_free(rig->rx, RIG_RING * sizeof(*rig->rx), rig->rx_pa));
    CHECK(dma_shared_free((void *)rig->report, sizeof(*rig->report), rig->report_pa));
    CHECK(dma_shared_free(rig->buffers, (size_t)RIG_BUFFERS * RIG_BUFFER_SIZE, rig->buffers_pa));
}

/* Puts one transmit descriptor at the tail, without the doorbell; returns it. */
__attribute__((unused)) static struct unic_descriptor *rig_put(struct rig *rig, uint64_t pa, uint16_t length,
                                                               uint8_t command)
{
    struct unic_descriptor *descriptor = &rig->tx[rig->tx_tail];
    *descriptor = (struct unic_descriptor){.address = pa, .length = length, .command = command};
    rig->tx_tail = (rig->tx_tail + 1) % RIG_RING;
    return descriptor;
}

__attribute__((unused)) static void rig_doorbell(struct rig *rig)
{
    rig_set(rig, UNIC_TX_RING + RING_TAIL, rig->tx_tail);
}

__attribute__((unused)) static uint64_t rig_buffer_pa(const struct rig *rig, unsigned buffer)
{
    return rig->buffers_pa + buffer * RIG_BUFFER_SIZE;
}

/* Sends a frame of that length from buffer 0 whose first byte after the header is `mark`. */
__attribute__((unused)) static struct unic_descriptor *rig_send(struct rig *rig, uint16_t length,
                                                                uint8_t mark)
{
    memset(rig->buffers, 0, RIG_BUFFER_SIZE);
    rig->buffers[0] = 0x02;
    rig->buffers[ETHERNET_HEADER_SIZE] = mark;
    struct unic_descriptor *descriptor =
        rig_put(rig, rig_buffer_pa(rig, 0), length, COMMAND_LAST | COMMAND_REPORT);
    rig_doorbell(rig);
    return descriptor;
}

/* Gives the device one more receive descriptor, with that buffer. */
__attribute__((unused)) static struct unic_descriptor *rig_give(struct rig *rig, uint64_t pa, uint16_t length)
{
    struct unic_descriptor *descriptor = &rig->rx[rig->rx_tail];
    *descriptor = (struct unic_descriptor){.address = pa, .length = length};
    rig->rx_tail = (rig->rx_tail + 1) % RIG_RING;
    rig_set(rig, UNIC_RX_RING + RING_TAIL, rig->rx_tail);
    return descriptor;
}

__attribute__((unused)) static uint32_t rig_status(const struct unic_descriptor *descriptor)
{
    return __atomic_load_n(&descriptor->status, __ATOMIC_ACQUIRE);
}

__attribute__((unused)) static uint64_t rig_counter(struct rig *rig, unsigned counter)
{
    uint32_t low = rig_get(rig, UNIC_COUNTERS + counter * 8);
    return (uint64_t)rig_get(rig, UNIC_COUNTERS + counter * 8 + 4) << 32 | low;
}

#endif
